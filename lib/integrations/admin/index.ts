/** @module nestjs-server-sessions/admin */
export { SessionAdminModule, type SessionAdminOptions } from './session-admin.module.js';
