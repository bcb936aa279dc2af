import { openSessions } from '../library.mjs';
import { sampleSession } from '../sample-session.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** This library's manager. */
serveCalls(async ({ place, tokens }) => {
  const { manager, close } = await openSessions(place);
  const token = spreadOver(tokens);
  return {
    calls: {
      retrieve: (n) => manager.retrieveSession(token(n)),
      create: (n) => manager.createSession(sampleSession(n)),
      update: (n) => manager.updateSession(token(n), sampleSession(n)),
      renew: (n) => manager.renewSession(token(n)),
    },
    close,
  };
});
