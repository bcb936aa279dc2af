import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Sequelize, type Options } from 'sequelize';
import {
  connectOutsidePool,
  destroyPooled,
  disconnectOutsidePool,
  isInMemory,
  maxPoolSize,
  replacePg,
  sqliteHandles,
} from '../../lib/store/drivers/sequelize-internals.js';
import {
  DATABASES,
  describeDatabases,
  SERVERS,
  type TestDatabase,
} from '../support/databases/databases.js';

const named = (...names: string[]) => DATABASES.filter(({ name }) => names.includes(name));

const borrow = (sequelize: Sequelize) =>
  sequelize.connectionManager.getConnection({ type: 'write', useMaster: true });

/** A connection to a database whose pool holds one connection, alone or as a primary with a replica. */
function connectOne(database: TestDatabase, isReplicated: boolean): Sequelize {
  const options: Options = { pool: { max: 1 } };
  if (!isReplicated) {
    return database.connect(undefined, options);
  }
  const { host, port, database: name, username, password } = database.connect().config;
  const server = {
    host: host!,
    port: String(port!),
    database: name,
    username,
    password: password!,
  };
  return database.connect(undefined, {
    ...options,
    replication: { write: server, read: [server] },
  });
}

describe('the installed version of Sequelize', () => {
  describeDatabases((database) => {
    describe.each([
      ['one server', false],
      ['a primary and a replica', true],
    ])('with %s', (_, isReplicated) => {
      let sequelize: Sequelize;

      beforeEach(() => {
        sequelize = connectOne(database, isReplicated);
      });
      afterEach(() => sequelize.close());

      it('Sequelize keeps the maximum of the pool where the store reads it', () => {
        expect(maxPoolSize(sequelize)).toBe(1);
      });

      it('opens and closes a connection that does not count in the pool', async () => {
        const pooled = await borrow(sequelize);
        const outside = await connectOutsidePool(sequelize);
        expect(outside).not.toBe(pooled);
        await disconnectOutsidePool(sequelize, outside);
        sequelize.connectionManager.releaseConnection(pooled);
        await expect(borrow(sequelize)).resolves.toBe(pooled);
        sequelize.connectionManager.releaseConnection(pooled);
      });

      it('frees the place of a connection that the store destroys', async () => {
        const first = await borrow(sequelize);
        await destroyPooled(sequelize, first);
        const second = await borrow(sequelize);
        expect(second).not.toBe(first);
        sequelize.connectionManager.releaseConnection(second);
      });
    });
  }, SERVERS);

  describeDatabases((database) => {
    it('makes its connections with the pg that the store gives it, until the store takes that back', async () => {
      const sequelize = database.connect(undefined, { pool: { max: 2 } });
      let Client!: new (...config: never[]) => object;
      const restore = replacePg(sequelize, (pg) => {
        Client = class extends pg.Client {};
        return Object.create(pg, { Client: { value: Client } }) as typeof pg;
      });
      const replaced = await borrow(sequelize);
      restore();
      const original = await borrow(sequelize);
      expect(replaced).toBeInstanceOf(Client);
      expect(original).not.toBeInstanceOf(Client);
      sequelize.connectionManager.releaseConnection(replaced);
      sequelize.connectionManager.releaseConnection(original);
      await sequelize.close();
    });
  }, named('PostgreSQL'));

  describeDatabases((database) => {
    it('Sequelize keeps the handles to a file under their names', async () => {
      const sequelize = database.connect(database.storagePath!());
      const wanted = { type: 'write', uuid: 'another' } as const;
      const handle = await sequelize.connectionManager.getConnection(wanted);
      expect(sqliteHandles(sequelize)).toEqual({ another: handle });
      await sequelize.close();
    });

    it('Sequelize keeps the path of the file where the store reads it', () => {
      expect(isInMemory(database.connect(database.storagePath!()))).toBe(false);
      expect(isInMemory(database.connect())).toBe(true);
      expect(isInMemory(new Sequelize({ dialect: 'sqlite' }))).toBe(true);
    });
  }, named('SQLite file'));
});
