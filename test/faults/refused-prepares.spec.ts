import { expect, it } from '@jest/globals';
import { init, SessionStoreError } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { MARIADB } from '../support/servers/mariadb-kind.js';

/** The connection of the driver `mariadb`. */
interface Executing {
  execute(sql: string, values: unknown[]): Promise<unknown>;
}

describeOwnServers(
  (server) => {
    it('a lookup that the server refuses to prepare does not run the statement that was prepared last', async () => {
      const options = { ...server().options, pool: { max: 1 }, logging: false };
      const connection = new Sequelize(options);
      const manager = await init({ connection });
      const token = await manager.createSession({ userId: 'ann' });
      await connection.query("CREATE TABLE notes AS SELECT CAST('milk' AS CHAR(255)) AS text");
      const raw = await connection.connectionManager.getConnection({ type: 'write' });
      await (raw as Executing).execute('UPDATE notes SET text = CONCAT(text, ?)', ['']);
      connection.connectionManager.releaseConnection(raw);

      await connection.query('SET GLOBAL max_prepared_stmt_count = 0');
      await expect(manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
      await connection.query('SET GLOBAL max_prepared_stmt_count = DEFAULT');
      const notes = await connection.query('SELECT * FROM notes', { type: QueryTypes.SELECT });
      expect(notes).toEqual([{ text: 'milk' }]);
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      await manager.close();
      await connection.close();
    });
  },
  [MARIADB],
);
