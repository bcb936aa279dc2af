import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from '../../sample/01-shop/src/app.module.js';

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(ADAPTERS))('the shop on %s', (_, adapter) => {
  let folder: string;
  let shop: INestApplication;
  let url: string;
  let cookie: string;

  const open = async () => {
    shop = await NestFactory.create(AppModule, adapter(), { logger: false });
    await shop.listen(0, '127.0.0.1');
    url = await shop.getUrl();
  };

  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { cookie, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const [changed] = response.headers.getSetCookie();
    cookie = changed?.split(';')[0] ?? cookie;
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith('<') ? text : text && JSON.parse(text),
    };
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shop-'));
    process.env['STORAGE_PATH'] = join(folder, 'sessions.sqlite');
    cookie = '';
    await open();
  });

  afterEach(async () => {
    await shop.close();
    delete process.env['STORAGE_PATH'];
    rmSync(folder, { recursive: true });
  });

  it('keeps a basket over a restart, and refuses the token after the logout', async () => {
    expect(await call('GET', '/me')).toMatchObject({
      status: 401,
      body: { code: 'SESSION_MISSING' },
    });
    expect(await call('POST', '/login', { name: 'Ann' })).toMatchObject({ status: 204 });
    await call('POST', '/basket', { id: 1, amount: 2 });
    await call('POST', '/basket', { id: 7, amount: 1 });
    await call('POST', '/basket', { id: 1, amount: 3 });

    await shop.close();
    await open();

    expect(await call('GET', '/me')).toEqual({ status: 200, body: { name: 'Ann' } });
    expect(await call('GET', '/basket')).toEqual({
      status: 200,
      body: [
        { id: 1, amount: 5 },
        { id: 7, amount: 1 },
      ],
    });
    const token = cookie;
    expect(await call('POST', '/logout')).toMatchObject({ status: 204 });
    expect(cookie).toBe('__Host-id=');
    cookie = token;
    expect(await call('GET', '/basket')).toMatchObject({
      status: 401,
      body: { code: 'SESSION_NOT_FOUND' },
    });
  });

  it('takes in the products of two tabs that add at the same moment', async () => {
    await call('POST', '/login', { name: 'Ann' });
    const products = Array.from({ length: 10 }, (_, index) => ({ id: index + 1, amount: 1 }));
    await Promise.all(products.map((product) => call('POST', '/basket', product)));
    const { body } = await call('GET', '/basket');
    expect(body).toHaveLength(10);
  });

  it.each([
    ['/login', { name: '' }, 'name must be longer than or equal to 1 characters'],
    ['/login', {}, 'name must be a string'],
    ['/basket', { id: 0, amount: 1 }, 'id must not be less than 1'],
    ['/basket', { id: 1, amount: 'many' }, 'amount must be an integer number'],
  ])('says in a 400 what is wrong with the body of POST %s %j', async (path, body, message) => {
    await call('POST', '/login', { name: 'Ann' });
    expect(await call('POST', path, body)).toMatchObject({
      status: 400,
      body: { message: [message] },
    });
  });

  it('shows its page', async () => {
    expect(await call('GET', '/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('<title>Shop</title>'),
    });
  });
});
