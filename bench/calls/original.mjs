import { init } from 'server-sessions';
import { sampleSession } from '../sample-session.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** The original `server-sessions`, with the Sequelize 5, the sqlite3 4 and the settings of SQLite that it ships with. */
serveCalls(async ({ place, sessions }) => {
  const manager = await init({
    storagePath: place.file,
    expireTime: 24 * 60 * 60 * 1000,
    renewTimestamp: 60 * 60 * 1000,
  });
  const tokens = [];
  while (tokens.length < sessions) {
    tokens.push(await manager.createSession(sampleSession(tokens.length)));
  }
  const token = spreadOver(tokens);
  return {
    calls: {
      retrieve: (n) => manager.retrieveSession(token(n)),
      create: (n) => manager.createSession(sampleSession(n)),
      update: (n) => manager.updateSession(token(n), sampleSession(n)),
      renew: (n) => manager.renewSession(token(n)),
    },
  };
});
