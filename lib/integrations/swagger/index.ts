/** @module nestjs-server-sessions/swagger */
export { ApiSession, type SessionUse } from './api-session.decorator.js';
export { documentSessions, type OpenApiDocument } from './document-sessions.js';
