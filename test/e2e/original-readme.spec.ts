import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileLibrary, type CompiledLibrary } from '../support/processes/compiled-library.js';

/** The examples of server-sessions, one after the other, with only the package's name changed. */
const EXAMPLES = `
  ServerSessions.init({
      expireTime: 24 * 60 * 60 * 1000,
      renewTimestamp: 60 * 60 * 1000,
      storagePath: './sessions.sqlite'
  })
  .then(async sessionManager => {
      let token = await sessionManager.createSession({userId: 123});
      await sessionManager.retrieveSession(token)
      .then(data => {
          data.userId = 1337;
          return sessionManager.updateSession(token, data);
      });
      try {
          let data = await sessionManager.retrieveSession(token);
          data.userId = 13337;
          await sessionManager.updateSession(token, data);
          console.log(await sessionManager.retrieveSession(token));
      }
      catch(err) {
          if(err instanceof ServerSessions.SessionExpiredError) {
              console.log('expired');
          }
      }
      await sessionManager.renewSession(token);
      await sessionManager.removeSession(token);
      await sessionManager.renewSession(token)
      .catch(err => {
          if(err instanceof ServerSessions.SessionNotFoundError) {
              console.log('not found');
          }
      });
      let removed = await sessionManager.removeExpiredSessions();
      console.log("Removed " + removed + " sessions");
  });
`;

const LOADERS = {
  'import * as': `import * as ServerSessions from 'nestjs-server-sessions';`,
  'require()': `
    import { createRequire } from 'node:module';
    const ServerSessions = createRequire(import.meta.url)('nestjs-server-sessions');
  `,
};

describe('the examples of server-sessions, in a separate process', () => {
  let library: CompiledLibrary;

  beforeAll(() => {
    library = compileLibrary();
  });
  afterAll(() => library.remove());

  it.each(Object.entries(LOADERS))(
    'the examples of server-sessions run with %s, and the process exits',
    async (_, load) => {
      const result = await library.run(load + EXAMPLES);
      expect(result).toEqual({
        code: 0,
        signal: null,
        output: '{ userId: 13337 }\nnot found\nRemoved 0 sessions\n',
      });
    },
  );
});
