import { expect } from '@jest/globals';

/** Logs in to README's quick start, fills the basket and logs out, as its commands do. */
export async function shopAt(url: string): Promise<void> {
  let cookie = '';
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const [pair] = response.headers.getSetCookie().map((header) => header.split(';')[0]!);
    return { status: response.status, pair, body: await response.text() };
  };

  expect(await ask('GET', '/basket')).toMatchObject({ status: 401 });
  const login = await ask('POST', '/login', { name: 'ann' });
  expect(login).toMatchObject({ status: 201, pair: expect.stringMatching(/^__Host-id=\S{70,}$/) });
  cookie = login.pair!;
  expect(await ask('POST', '/basket', { product: 'apple' })).toMatchObject({ status: 201 });
  expect(await ask('GET', '/basket')).toMatchObject({ status: 200, body: '["apple"]' });
  expect(await ask('POST', '/logout', {})).toMatchObject({ status: 201, pair: '__Host-id=' });
  const late = await ask('GET', '/basket');
  expect(late).toMatchObject({ status: 401, body: expect.stringContaining('SESSION_NOT_FOUND') });
}
