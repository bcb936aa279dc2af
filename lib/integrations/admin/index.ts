export { SessionAdminModule, type SessionAdminOptions } from './session-admin.module.js';
