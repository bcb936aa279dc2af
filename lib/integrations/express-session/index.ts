export { SessionManagerStore, type SessionManagerStoreOptions } from './session-manager-store.js';
