import { expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { RecordingLogger } from '../support/applications/recording-logger.js';
import { describeUris, withOwnDatabase, type Harness } from '../support/docs/harness.js';

const ownSequelize: Harness = ({ load }) => {
  describeUris((database) => {
    it('the snippet keeps sessions in the database of its URL, and closes its connections', () =>
      withOwnDatabase(database, async (uri) => {
        const { OwnSequelizeModule } = await load<{ OwnSequelizeModule: Type }>(database.name);
        const logger = new RecordingLogger();
        const app = await NestFactory.createApplicationContext(OwnSequelizeModule, { logger });
        await app.get(SessionManager).createSession({ userId: 'ann' });
        await app.close();
        expect([...logger.lines('warn'), ...logger.lines('error')]).toEqual([]);
        const other = new Sequelize(uri, { logging: false });
        const rows = await other.query('SELECT user_id FROM server_sessions', {
          type: QueryTypes.SELECT,
        });
        expect(rows).toEqual([{ user_id: 'ann' }]);
        await other.close();
      }));
  });
};

export const OTHER_ORM_HARNESSES: Readonly<Record<string, Harness>> = {
  'own-sequelize.module': ownSequelize,
};
