import { expect, it } from '@jest/globals';
import { getConnectionToken } from '@nestjs/sequelize';
import type { ListedSession } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { AppModule } from '../../sample/03-bearer-api/src/app.module.js';
import { useSample } from '../support/applications/sample.js';
import { describeAdapters } from '../support/docs/harness.js';
import { forbid } from '../support/faults/outage.js';

describeAdapters((adapter) => {
  const sample = useSample(AppModule, adapter);

  /** No response sets a cookie. */
  const call = async (method: string, path: string, headers: Record<string, string>) => {
    const { 'x-name': name } = headers;
    const body = name === undefined ? null : new URLSearchParams({ name });
    const response = await fetch(sample.url + path, { method, headers, body });
    expect(response.headers.getSetCookie()).toEqual([]);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
  };

  /** Signs a device in; returns the headers that it sends from then on. */
  const device = async (name: string) => {
    const { status, headers, body } = await call('POST', '/login', { 'x-name': name });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
    const { token } = body as { token: string };
    const authorization = `Bearer ${token}`;
    return {
      token,
      send: (method: string, path: string) => call(method, path, { authorization }),
    };
  };

  it('a device signs in and out by a token in the header only', async () => {
    const { token, send } = await device('ann');
    expect(await send('GET', '/me')).toMatchObject({ status: 200, body: { name: 'ann' } });
    const byCookie = await call('GET', '/me', { cookie: `__Host-id=${token}; id=${token}` });
    expect(byCookie).toMatchObject({ status: 401, body: { code: 'SESSION_MISSING' } });
    expect(byCookie.headers.get('www-authenticate')).toBe('Bearer realm="sessions"');

    expect(await send('POST', '/logout')).toMatchObject({ status: 204 });
    expect(await send('GET', '/me')).toMatchObject({
      status: 401,
      body: { code: 'SESSION_ENDED', reason: 'logout' },
    });
  });

  it('a user sees the devices, signs out one and then all others', async () => {
    const phone = await device('ann');
    const [tablet, watch] = [await device('ann'), await device('ann')];
    const ben = await device('ben');
    const { body } = (await phone.send('GET', '/devices')) as { body: ListedSession[] };
    expect(body.map(({ current }) => current)).toEqual([false, false, true]);

    const path = `/devices/${body[1]!.id}`;
    expect(await ben.send('DELETE', path)).toMatchObject({ status: 404 });
    expect(await phone.send('DELETE', path)).toMatchObject({ status: 204 });
    expect(await phone.send('DELETE', path)).toMatchObject({ status: 404 });
    expect(await tablet.send('GET', '/me')).toMatchObject({ status: 401 });
    expect(await watch.send('GET', '/me')).toMatchObject({ status: 200 });

    expect(await phone.send('DELETE', '/devices')).toMatchObject({ body: { ended: 1 } });
    expect(await watch.send('GET', '/me')).toMatchObject({ status: 401 });
    expect(await phone.send('GET', '/me')).toMatchObject({ status: 200 });
    expect(await ben.send('GET', '/me')).toMatchObject({ status: 200 });
  });

  it.each([{}, { 'x-name': '' }])('a login without a name is refused: %j', async (headers) => {
    expect(await call('POST', '/login', headers)).toMatchObject({ status: 400 });
  });

  it('signing out devices is a 503 if the database fails', async () => {
    const { send } = await device('ann');
    await device('ann');
    const [{ id }] = (await send('GET', '/devices')).body as [ListedSession];
    const database = sample.app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), {
      strict: false,
    });
    await forbid(database, 'UPDATE');
    for (const path of [`/devices/${id}`, '/devices']) {
      expect(await send('DELETE', path)).toMatchObject({
        status: 503,
        body: { code: 'SESSION_STORE_UNAVAILABLE' },
      });
    }
  });
});
