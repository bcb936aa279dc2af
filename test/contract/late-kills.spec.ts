import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { claimVersion } from '../support/databases/claimed-version.js';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { eventually } from '../support/promises/eventually.js';

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let connection: Sequelize;
    let other: Sequelize;
    let manager: SessionManager;
    let tokens: string[];
    let lock: Transaction;

    /** The late updates that the server still runs, by the numbers of their connections. */
    const running = async () => {
      const sql = `SELECT id AS number FROM information_schema.processlist WHERE info LIKE 'UPDATE%${tableName}%'`;
      const rows = await other.query<{ number: number }>(sql, { type: QueryTypes.SELECT });
      return rows.map(({ number }) => number);
    };
    const updateLate = (token: string) =>
      expect(manager.updateSession(token, 'new')).rejects.toThrow(SessionStoreError);
    /** Holds up what runs the hook, until the returned function is called. */
    const holdUp = (hook: 'beforeConnect' | 'beforeDisconnect') => {
      let goOn!: () => void;
      const gate = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      connection.addHook(hook, () => gate);
      return goOn;
    };

    beforeEach(async () => {
      connection = database.connect(undefined, { pool: { max: 8 } });
      other = database.connect();
      const options = { connection, tableName, cleanup: false as const };
      const prepare = await init(options);
      tokens = await Promise.all(['a', 'b', 'c'].map((data) => prepare.createSession(data)));
      await prepare.close();
      claimVersion(connection, '8.4.6');
      manager = await init({ ...options, timeout: 400 });
      await Promise.all(tokens.map((token) => manager.updateSession(token, 'old')));
      lock = await other.transaction();
      const sql = `SELECT id FROM ${tableName} FOR UPDATE`;
      await other.query(sql, { transaction: lock, type: QueryTypes.SELECT });
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await lock.rollback();
      await manager.close();
      await other.query(`DROP TABLE ${tableName}`);
      await Promise.all([connection.close(), other.close()]);
    });

    describe('KILL QUERY', () => {
      it('ends the other late statements if the connection of one is gone by then', async () => {
        const goOn = holdUp('beforeConnect');
        await Promise.all(tokens.map(updateLate));
        await other.query(`KILL ${(await running())[0]}`);
        goOn();
        await eventually(async () => expect(await running()).toEqual([]));
      });

      it('ends a statement that is late while the connection that kills is closed', async () => {
        const goOn = holdUp('beforeDisconnect');
        await updateLate(tokens[0]!);
        await updateLate(tokens[1]!);
        goOn();
        await eventually(async () => expect(await running()).toEqual([]));
      });
    });
  },
  DATABASES.filter(({ name }) => name === 'MySQL dialect'),
);
