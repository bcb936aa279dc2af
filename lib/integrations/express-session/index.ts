/** @module nestjs-server-sessions/express-session */
export { SessionManagerStore, type SessionManagerStoreOptions } from './session-manager-store.js';
