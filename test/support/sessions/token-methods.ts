import type { SessionManager } from 'nestjs-server-sessions';

/** A call of a method that needs a live session, with any value as its token. */
export type TokenCall = (manager: SessionManager, token: unknown) => Promise<unknown>;

const READS: Readonly<Record<string, TokenCall>> = {
  retrieveSession: (manager, token) => manager.retrieveSession(token as string),
  inspectSession: (manager, token) => manager.inspectSession(token as string),
};

const WRITES: Readonly<Record<string, TokenCall>> = {
  'updateSession with data': (manager, token) => manager.updateSession(token as string, 'written'),
  'updateSession by change': (manager, token) =>
    manager.updateSession(token as string, () => 'written'),
  renewSession: (manager, token) => manager.renewSession(token as string),
};

/** Every method that acts on the session of a token and needs it live, by name. */
export const TOKEN_METHODS = Object.entries({ ...READS, ...WRITES });

/** Methods by token that also give a session another token, or renew an expired session. */
export const STRONGER_TOKEN_METHODS = Object.entries<TokenCall>({
  'renewSession, expired too': (manager, token) =>
    manager.renewSession(token as string, { allowExpired: true }),
  regenerateSession: (manager, token) => manager.regenerateSession(token as string),
  'regenerateSession by change': (manager, token) =>
    manager.regenerateSession(token as string, { change: () => 'written', grace: 1000 }),
});
