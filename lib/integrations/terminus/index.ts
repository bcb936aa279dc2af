/** @module nestjs-server-sessions/terminus */
export { SessionsHealthIndicator } from './sessions.health.js';
