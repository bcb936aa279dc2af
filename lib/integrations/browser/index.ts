/** @module nestjs-server-sessions/browser */
export {
  BrowserSession,
  type BrowserSessionError,
  type BrowserSessionOptions,
  type BrowserSessionState,
} from './browser-session.js';
