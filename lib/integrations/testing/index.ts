/** @module nestjs-server-sessions/testing */
export { getStartedSession, type TestResponse } from './get-started-session.js';
export type { KindOption } from '../kind-option.js';
export { overrideSessionsOptions, type OverridableModule } from './override-sessions-options.js';
export { signIn, type SignedIn } from './sign-in.js';
export { TestClock } from './test-clock.js';
