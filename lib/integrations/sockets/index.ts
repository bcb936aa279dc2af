export { SessionSocketsModule, type SessionSocketsOptions } from './session-sockets.module.js';
