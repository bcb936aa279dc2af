import { expect, it, jest } from '@jest/globals';
import { init } from 'nestjs-server-sessions';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { MARIADB } from '../support/servers/mariadb-kind.js';

describeOwnServers(
  (server) => {
    it('a start on a read-only server warns, though the user can write there', async () => {
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const connection = server().connect();
      await (await init({ connection })).close();
      await connection.query('SET GLOBAL read_only = 1');
      await (await init({ connection })).close();
      await connection.close();
      const warnings = emitWarning.mock.calls.map(([message]) => String(message));
      emitWarning.mockRestore();
      expect(warnings).toEqual([expect.stringContaining('Set `connection` to the primary')]);
    });
  },
  [MARIADB],
);
