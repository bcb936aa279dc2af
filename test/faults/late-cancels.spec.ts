import { expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import { randomBytes } from 'node:crypto';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { SIZES } from './sizes.js';

/** Callers of the library, and callers of the application, on one pool. */
const CALLERS = 4;

describeDatabases((database) => {
  it('no statement of the application is ended although late ones are, on the same pool', async () => {
    const sequelize: Sequelize = database.connect(undefined, { pool: { max: 8 } });
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    const prepare = await init({ connection: sequelize, tableName, cleanup: false });
    const token = await prepare.createSession({ userId: 'ann' });
    /** One manager for each deadline: some pass just when the response arrives. */
    const managers: SessionManager[] = await Promise.all(
      [10, 12, 16, 40].map((timeout) =>
        init({ connection: sequelize, tableName, cleanup: false, timeout }),
      ),
    );
    /** Takes long enough to meet a request that comes late. MySQL reports an interruption as a result, PostgreSQL as an error. */
    const pause2ms = () =>
      sequelize.query<{ interrupted: number }>(
        sequelize.getDialect() === 'postgres'
          ? 'SELECT 0 AS interrupted FROM pg_sleep(0.002)'
          : 'SELECT SLEEP(0.002) AS interrupted',
        { type: QueryTypes.SELECT },
      );
    let [late, succeeded, done] = [0, 0, 0];
    const isOver = () => done >= SIZES.races && late > 0;
    const failed: string[] = [];

    const library = async (caller: number) => {
      for (let call = caller; !isOver(); call++) {
        const manager = managers[call % managers.length]!;
        await manager.renewSession(token).then(
          () => succeeded++,
          (error: unknown) => {
            expect(error).toBeInstanceOf(SessionStoreError);
            late++;
          },
        );
      }
    };
    const application = async () => {
      // A quiet machine may take longer until a call is late.
      while (!isOver()) {
        done++;
        await pause2ms().then(
          ([row]) => row!.interrupted && failed.push('interrupted'),
          (error: unknown) => failed.push(String(error)),
        );
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, caller) => caller);
    await Promise.all([...callers.map(library), ...callers.map(application)]);

    printTable(`Statements beside late ones: ${database.name}`, [
      { 'of the application': done, failed: failed.length, 'calls in time': succeeded, late },
    ]);
    expect(failed).toEqual([]);
    expect(succeeded).toBeGreaterThan(0);
    await Promise.all([prepare, ...managers].map((manager) => manager.close()));
    await sequelize.query(`DROP TABLE ${tableName}`);
    await sequelize.close();
  });
}, SERVERS);
