import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init } from 'nestjs-server-sessions';
import { DataTypes, QueryTypes, type Sequelize } from 'sequelize';
import { describeDatabases } from '../support/databases/databases.js';

describeDatabases((database) => {
  let sequelize: Sequelize;
  let schema: string;

  beforeEach(async () => {
    schema = `schema_${randomBytes(6).toString('hex')}`;
    sequelize = database.connect(undefined, { define: { schema } });
    if (sequelize.getDialect() === 'postgres') {
      await sequelize.query(`CREATE SCHEMA ${schema}`);
    }
  });
  afterEach(async () => {
    const quote = sequelize.getDialect() === 'postgres' ? '"' : '`';
    await sequelize.query(
      sequelize.getDialect() === 'postgres'
        ? `DROP SCHEMA ${schema} CASCADE`
        : `DROP TABLE IF EXISTS ${quote}${schema}.server_sessions${quote}`,
    );
    await sequelize.close();
  });

  it('sessions are kept in the schema that the connection defines for its models', async () => {
    const manager = await init({ connection: sequelize });
    const token = await manager.createSession({ userId: 'ann' });
    await manager.updateSession(token, { userId: 'ann', n: 1 });
    expect(await manager.listSessions('ann')).toHaveLength(1);
    const again = await init({ connection: sequelize, synchronize: false });
    expect(await again.retrieveSession(token)).toEqual({ userId: 'ann', n: 1 });
    if (sequelize.getDialect() === 'postgres') {
      const rows = await sequelize.query(`SELECT id FROM ${schema}.server_sessions`, {
        type: QueryTypes.SELECT,
      });
      expect(rows).toHaveLength(1);
    }
    await manager.close();
  });

  it('a connection on which the application has a model of that name is refused', async () => {
    sequelize.define('ServerSession', { name: DataTypes.STRING });
    await expect(init({ connection: sequelize })).rejects.toThrow('Rename your model');
  });
});
