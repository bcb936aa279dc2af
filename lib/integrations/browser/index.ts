export {
  BrowserSession,
  type BrowserSessionError,
  type BrowserSessionOptions,
  type BrowserSessionState,
} from './browser-session.js';
