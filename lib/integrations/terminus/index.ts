export { SessionsHealthIndicator } from './sessions.health.js';
