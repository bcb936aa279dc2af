import { afterEach, describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { CANARY, FAILING_SCHEMAS } from '../support/sessions/failing-schemas.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

const FINE = { userId: 'bob', basket: ['tea'], home: 'https://shop.example/' };

/** A schema that accepts the data of a login to the shop, and fails like the other for data with a property `home`. */
const onlyForHome = (schema: StandardSchemaV1): StandardSchemaV1 => ({
  '~standard': {
    ...schema['~standard'],
    validate: (value) =>
      (value as object | null) && Object.hasOwn(value as object, 'home')
        ? schema['~standard'].validate(value)
        : { value },
  },
});

describeAdapters((adapter) => {
  let app: TestApp;
  afterEach(() => app.close());

  const startWith = async (schema: StandardSchemaV1) => {
    app = await startApp(adapter, {
      controllers: [ShopController],
      options: { schema: onlyForHome(schema) as never },
    });
    const fine = await app.manager.createSession(FINE);
    const old = await app.manager.createSession(FINE);
    const { id } = await app.manager.inspectSession(old);
    const data = JSON.stringify({ ...FINE, home: CANARY });
    await app.connection.query(`UPDATE server_sessions SET data = '${data}' WHERE id = '${id}'`);
    return { old, fine };
  };
  const rows = async () =>
    (await app.connection.query("SELECT id FROM server_sessions WHERE end_reason = ''"))[0];

  describe.each(Object.entries(FAILING_SCHEMAS))(
    'stored data that makes the schema fail: %s',
    (_name, schema) => {
      it('data that the schema fails on is a 500 for its own session, with one warning and no data', async () => {
        const { old, fine } = await startWith(schema);
        const rejections = await unhandledRejectionsOf(async () => {
          for (let request = 0; request < 2; request++) {
            const refused = await app.http().get('/basket').set('Cookie', cookieOf(old));
            expectRefusal(refused, 'SESSION_DATA');
            const other = app.http().get('/basket').set('Authorization', bearerOf(fine));
            await other.expect(200, ['tea']);
          }
        });
        const lines = app.logger.lines();
        expect(lines.filter((line) => line.startsWith('The option `schema`'))).toHaveLength(1);
        expect(lines.join('\n')).not.toContain(CANARY);
        expect(rejections).toEqual([]);
      });

      it('data that the schema fails on does not prevent a login, which replaces the session', async () => {
        const { old } = await startWith(schema);
        const login = app.http().post('/login').set('Cookie', cookieOf(old));
        const answer = await login.send({ name: 'ann' }).expect(200);
        await app
          .http()
          .get('/me')
          .set('Cookie', cookieOf(answer.body.token))
          .expect(200, { name: 'ann' });
        expect(await rows()).toHaveLength(2);
      });

      it('data that the schema fails on does not prevent a logout, which ends the session', async () => {
        const { old } = await startWith(schema);
        const answer = await app.http().post('/logout').set('Cookie', cookieOf(old)).expect(200);
        expect(cookiesOf(answer)).toHaveLength(1);
        expect(await rows()).toHaveLength(1);
      });
    },
  );
});
