/** The name of the instrumentation scope. */
export const SCOPE = 'nestjs-server-sessions';
