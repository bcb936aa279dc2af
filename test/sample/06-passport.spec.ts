import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionManager } from 'nestjs-server-sessions';
import supertest from 'supertest';
import { AppModule } from '../../sample/06-passport/src/app.module.js';
import { cookiesOf } from '../support/http/responses.js';

const LOOKS_LIKE_A_TOKEN = '-0000-000000000000.aaaaaaaaaaaaaaaaaaaa';

describe('the sample with Passport', () => {
  let app: INestApplication;

  beforeEach(async () => {
    process.env['STORAGE_PATH'] = ':memory:';
    app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
  });
  afterEach(async () => {
    await app.close();
    delete process.env['STORAGE_PATH'];
  });

  const device = () => {
    const agent = supertest.agent(app.getHttpServer());
    const post = (path: string, body: object = {}) =>
      agent.post(path).type('form').set('Sec-Fetch-Site', 'same-origin').send(body);
    return {
      post,
      get: (path: string) => agent.get(path),
      login: (name: string, password = 'secret') => post('/login', { name, password }).expect(303),
      me: async () => (await agent.get('/me').expect(200)).body as object,
    };
  };

  it('a failed login shows its message once, and logs nobody in', async () => {
    const { login, me, post } = device();
    for (const [name, password] of [
      ['ann', 'wrong'],
      ['nobody', 'secret'],
    ] as const) {
      expect((await login(name, password)).headers['location']).toBe('/');
      expect(await me()).toEqual({ message: 'Wrong name or password.' });
      expect(await me()).toEqual({});
    }
    await post('/login', {}).expect(303);
    expect(await me()).toEqual({ message: 'Unauthorized' });
  });

  it('a login has a new id, and a logout ends it', async () => {
    const { login, me, post } = device();
    const before = cookiesOf(await login('ann', 'wrong'))[0]!.split(';')[0];
    const after = cookiesOf(await login('ann'))[0]!.split(';')[0];
    expect(after).not.toBe(before);
    expect(await me()).toEqual({ name: 'ann', devices: 1 });
    await post('/logout').expect(303);
    expect(await me()).toEqual({});
    expect(await app.get(SessionManager).countSessions('1')).toBe(0);
    await post('/logout').expect(303);
  });

  it('a logout everywhere ends the sessions of the user on all devices, and no other', async () => {
    const [phone, laptop, other, visitor] = [device(), device(), device(), device()];
    await phone.login('ann');
    await laptop.login('ann');
    await other.login('bob');
    expect(await laptop.me()).toEqual({ name: 'ann', devices: 2 });
    await visitor.post('/logout-everywhere').expect(401);
    await phone.post('/logout-everywhere').expect(303);
    expect([await phone.me(), await laptop.me()]).toEqual([{}, {}]);
    expect(await other.me()).toEqual({ name: 'bob', devices: 1 });
  });

  it('another site logs nobody in or out', async () => {
    const { login, me, post } = device();
    await login('ann');
    for (const path of ['/login', '/logout', '/logout-everywhere']) {
      const body = { name: 'bob', password: 'secret' };
      for (const authorization of [{}, { Authorization: `Bearer ${LOOKS_LIKE_A_TOKEN}` }]) {
        const headers = { 'Sec-Fetch-Site': 'cross-site', ...authorization };
        await post(path, body).set(headers).expect(403);
      }
    }
    expect(await me()).toEqual({ name: 'ann', devices: 1 });
  });

  it('without the database a request gets a 503', async () => {
    const { get, login, post } = device();
    await login('ann');
    await app.get(SessionManager).close();
    for (const response of [await get('/me'), await post('/logout')]) {
      expect(response.status).toBe(503);
      expect(response.body).toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
    }
  });

  it('the page and its script are served', async () => {
    const { get } = device();
    const { headers } = await get('/').expect(200);
    expect(headers['content-security-policy']).toContain("form-action 'self'");
    await get('/account.js')
      .expect(200)
      .expect('content-type', /javascript/);
  });
});
