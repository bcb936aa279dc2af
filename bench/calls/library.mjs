import { openSessions } from '../library.mjs';
import { sampleSession } from '../sample-session.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** This library's manager, with a schema if the order requests one. */
serveCalls(async ({ place, tokens, withSchema }) => {
  const options = withSchema ? { schema: (await import('../sample-schema.mjs')).sampleSchema } : {};
  const { manager, close } = await openSessions(place, options);
  const token = spreadOver(tokens);
  const retrieve = (n) => manager.retrieveSession(token(n));
  const update = (n) => manager.updateSession(token(n), sampleSession(n));
  return {
    calls: {
      retrieve,
      create: (n) => manager.createSession(sampleSession(n)),
      update,
      renew: (n) => manager.renewSession(token(n)),
      mixed: (n) => (n % 4 === 0 ? update(n) : retrieve(n)),
    },
    close,
  };
});
