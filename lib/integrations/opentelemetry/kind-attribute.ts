/** Returns the attribute for the kind of a session. Sessions of `SessionsModule` have none. */
export const kindAttribute = (kind: string | undefined): Record<string, string> =>
  kind === undefined ? {} : { 'server_sessions.kind': kind };
