/** @module nestjs-server-sessions/sockets */
export { SessionSocketsModule, type SessionSocketsOptions } from './session-sockets.module.js';
