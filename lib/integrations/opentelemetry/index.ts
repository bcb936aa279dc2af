/** @module nestjs-server-sessions/opentelemetry */
export { observeLiveSessions } from './live-sessions.js';
export {
  SessionsInstrumentation,
  type SessionsInstrumentationConfig,
} from './sessions.instrumentation.js';
