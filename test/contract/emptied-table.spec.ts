import { expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import { describeDatabases, openSessions } from '../support/databases/databases.js';

describeDatabases((database) => {
  it('an emptied table ends the sessions of all users', async () => {
    const sessions = await openSessions(database);
    const { manager, sequelize, tableName } = sessions;
    const data = [{ userId: 'ada' }, { userId: 'bob' }, {}];
    const tokens = await Promise.all(data.map((each) => manager.createSession(each)));
    await sequelize.query(`DELETE FROM ${tableName}`);
    for (const token of tokens) {
      await expect(manager.updateSession(token, {})).rejects.toThrow(SessionNotFoundError);
    }
    await expect(manager.listSessions('ada')).resolves.toEqual([]);
    await sessions.close();
  });
});
