import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AppModule } from '../../sample/04-global-guard/src/app.module.js';
import { describeAdapters, withServer, type Client } from '../support/docs/harness.js';
import { INVALID_NAMES } from '../support/applications/invalid-names.js';

describeAdapters((adapter) => {
  beforeEach(() => {
    process.env['STORAGE_PATH'] = ':memory:';
  });
  afterEach(() => {
    delete process.env['STORAGE_PATH'];
  });

  const staff = (work: (client: Client, newClient: () => Client) => Promise<void>) =>
    withServer(AppModule, adapter(), work);

  it('every route is guarded unless it opts out', () =>
    staff(async (client) => {
      expect(await client('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
      expect(await client('GET', '/')).toEqual({
        status: 200,
        body: { greeting: 'Hello, stranger' },
      });
      expect(await client('POST', '/logout')).toMatchObject({ status: 204 });
      const refused = { status: 401, body: { code: 'SESSION_MISSING' } };
      expect(await client('GET', '/articles')).toMatchObject(refused);
      expect(await client('DELETE', '/articles/Guards')).toMatchObject(refused);

      await client('POST', '/login', { name: 'ben' });
      expect(await client('GET', '/')).toMatchObject({ body: { greeting: 'Hello, ben' } });
      expect(await client('GET', '/articles')).toMatchObject({ body: { reader: 'ben' } });
      await client('POST', '/logout');
      expect(await client('GET', '/articles')).toMatchObject({ status: 401 });
    }));

  it.each([
    ['ann', 201, 204],
    ['ben', 201, 403],
    ['eve', 403, 403],
  ])('%s can do what their roles allow', (name, written, removed) =>
    staff(async (client) => {
      await client('POST', '/login', { name });
      expect((await client('GET', '/articles')).status).toBe(200);
      expect((await client('POST', '/articles')).status).toBe(written);
      expect((await client('DELETE', '/articles/Guards')).status).toBe(removed);
    }),
  );

  it.each(INVALID_NAMES)('a login %s is refused', (_, form) =>
    staff(async (client) => {
      expect(await client('POST', '/login', form)).toMatchObject({ status: 400 });
      expect(await client('GET', '/articles')).toMatchObject({ status: 401 });
    }),
  );
});
