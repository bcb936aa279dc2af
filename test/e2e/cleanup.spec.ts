import { expect, it } from '@jest/globals';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import { eventually } from '../support/promises/eventually.js';
import { ShopController } from '../support/applications/shop.controller.js';

it('a failed background cleanup is logged, and the next one runs', async () => {
  const app = await startApp(ADAPTERS[0]!, {
    controllers: [ShopController],
    options: { cleanup: { interval: 1, retention: 0 }, expireTime: 1000 },
  });
  await app.connection.query('ALTER TABLE server_sessions RENAME TO elsewhere');
  await eventually(async () => {
    expect(app.logger.lines('error').join()).toContain('Expired sessions were not removed');
  });
  await app.connection.query('ALTER TABLE elsewhere RENAME TO server_sessions');

  await app.manager.createSession();
  app.clock.advance(1000);
  await eventually(async () => {
    const [rows] = await app.connection.query('SELECT * FROM server_sessions');
    expect(rows).toEqual([]);
  });
  await app.close();
});
