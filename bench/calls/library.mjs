import { openSessions } from '../library.mjs';
import { sampleSession } from '../sample-session.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** This library's manager, with a schema if the order requests one, and with other options. */
serveCalls(async ({ place, tokens = [], withSchema, options }) => {
  const schema = withSchema ? (await import('../sample-schema.mjs')).sampleSchema : undefined;
  const { manager, close } = await openSessions(place, { schema, ...options });
  const token = spreadOver(tokens);
  let users = 0;
  const retrieve = (n) => manager.retrieveSession(token(n));
  const update = (n) => manager.updateSession(token(n), sampleSession(n));
  return {
    calls: {
      retrieve,
      create: (n) => manager.createSession(sampleSession(n)),
      // Unlike the number of the call, the number of the user never repeats.
      login: () => manager.createSession(sampleSession(users++)),
      update,
      renew: (n) => manager.renewSession(token(n)),
      mixed: (n) => (n % 4 === 0 ? update(n) : retrieve(n)),
    },
    close,
  };
});
