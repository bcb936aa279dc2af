import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionsModule, type CurrentSession } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { actingController } from '../support/applications/acting-controller.js';
import { cookieOf } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { listenToStatements } from '../support/databases/statement-listener.js';

// On a server: an SQLite handle takes no statement before the response to the last.
describeAdapters((adapter) =>
  describeDatabases(
    (database) => {
      let connection: Sequelize;
      let shop: TestApp<ShopSession>;
      let cookie: string;
      const tableName = `test_${randomBytes(6).toString('hex')}`;
      const { controller, does } = actingController<ShopSession>();

      beforeEach(async () => {
        connection = database.connect();
        const sessions = SessionsModule.forRoot({ connection, tableName });
        shop = await startApp(adapter, { controllers: [ShopController, controller], sessions });
        const login = await shop.http().post('/login').send({ name: 'ada' });
        cookie = cookieOf(login.body.token);
      });
      afterEach(async () => {
        await shop.close();
        await connection.getQueryInterface().dropTable(tableName);
        await connection.close();
      });

      describe('an update whose response comes late', () => {
        /** Delays the database's response to the next UPDATE until the handler has done something else. */
        const updateAnd = async (meanwhile: (session: CurrentSession<ShopSession>) => unknown) => {
          const [arrived, answered] = [gate(), gate()];
          let isDelayed = false;
          listenToStatements(connection, async (text) => {
            // Only the first: an ending is an UPDATE too.
            if (text.startsWith('UPDATE') && !isDelayed) {
              isDelayed = true;
              arrived.open();
              await answered.opened;
            }
          });
          does(async (session) => {
            const updated = session.update({ userId: 'ada', basket: ['tea'] });
            await arrived.opened;
            await meanwhile(session);
            answered.open();
            await updated;
            return { exists: session.exists, basket: session.data?.basket };
          });
          return (await shop.http().post('/act').set('Cookie', cookie).expect(200)).body;
        };

        it('an update that finishes late does not bring back a session that the request ended', async () => {
          expect(await updateAnd((session) => session.end())).toEqual({ exists: false });
        });

        it('an update that finishes late does not replace a session that the request started', async () => {
          const login = { userId: 'bob', basket: ['milk'] };
          expect(await updateAnd((session) => session.start(login))).toEqual({
            exists: true,
            basket: ['milk'],
          });
        });
      });
    },
    SERVERS.slice(0, 1),
  ),
);

/** Returns a promise and the function that fulfils it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
