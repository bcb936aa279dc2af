import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { challengeIn, DeviceBrowser } from '../support/http/device-browser.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';

/** The order of P-256 (FIPS 186-5). */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp<ShopSession>(adapter, {
      controllers: [ShopController],
      options: { deviceBound: {} },
    });
  });
  afterAll(() => shop.close());

  const loggedIn = async () => {
    const browser = new DeviceBrowser(shop);
    await browser.login();
    return browser;
  };
  const bound = async () => {
    const browser = await loggedIn();
    expect(await browser.register()).toMatchObject({ status: 200 });
    return browser;
  };
  const prove = (who: DeviceBrowser, proof: string, id = `"${who.id}"`) =>
    who.send('POST', '/session-device', {
      'sec-secure-session-id': id,
      'secure-session-response': proof,
    });
  const signed = (who: DeviceBrowser, text: string) =>
    `${text}.${sign('sha256', Buffer.from(text), {
      key: who.keys.privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url')}`;

  describe('proofs that are sent in another form', () => {
    it.each<[string, (proof: string) => string]>([
      ['in quotes', (proof) => `"${proof}"`],
      ['with parameters', (proof) => `"${proof}";any="thing";n=1`],
    ])('count as structured field strings %s', async (_, form) => {
      const browser = await bound();
      const challenge = challengeIn(await browser.askForChallenge());
      const proof = form(browser.proof({ challenge, jwk: null }));
      expect(await prove(browser, proof, `"${browser.id}";any`)).toMatchObject({ status: 200 });
    });

    it('gain nothing over the original: the other signature that ECDSA has for it, or other spare bits', async () => {
      const browser = await bound();
      const challenge = challengeIn(await browser.askForChallenge());
      const proof = browser.proof({ challenge, jwk: null });
      await prove(browser, proof);
      const cookie = browser.cookies.get('__Host-id.d');
      const [head, payload, signature = ''] = proof.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      const s = ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
      const other = Buffer.concat([
        bytes.subarray(0, 32),
        Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
      ]).toString('base64url');
      const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const spare = signature.slice(0, -1) + last[last.indexOf(signature.at(-1)!) + 1];
      for (const each of [other, spare]) {
        const thief = browser.copy();
        thief.cookies.delete('__Host-id.d');
        expect(await prove(thief, `${head}.${payload}.${each}`)).toMatchObject({ status: 200 });
        expect(thief.cookies.get('__Host-id.d')).toBe(cookie);
      }
    });

    it('of JSON properties that come twice the last counts, as in the bytes that are signed', async () => {
      const browser = await loggedIn();
      const { challenge } = browser.registration!;
      const jwk = JSON.stringify(browser.jwk);
      const header = `{"typ":"JWT","alg":"none","alg":"ES256","typ":"dbsc+jwt","jwk":{},"jwk":${jwk}}`;
      const proof = signed(
        browser,
        `${encode(header)}.${encode(`{"jti":"other","jti":"${challenge}"}`)}`,
      );
      const headers = { 'secure-session-response': proof };
      expect(await browser.send('POST', '/session-device', headers)).toMatchObject({ status: 200 });
    });
  });

  it('a challenge that is answered again gives the same cookie, for a minute', async () => {
    const browser = await bound();
    const challenge = challengeIn(await browser.askForChallenge());
    await browser.refresh({ challenge });
    const cookie = browser.cookies.get('__Host-id.d');
    shop.clock.advance(60_000);
    expect(await browser.refresh({ challenge })).toMatchObject({ status: 200 });
    expect(browser.cookies.get('__Host-id.d')).toBe(cookie);
    shop.clock.advance(1);
    const late = await browser.refresh({ challenge });
    expect([late.status, late.headers.getSetCookie()]).toEqual([403, []]);
    expect(challengeIn(late)).not.toBe(challenge);
  });

  it('of a key only the point is kept, and no private part', async () => {
    const browser = await loggedIn();
    const jwk = {
      ...browser.keys.privateKey.export({ format: 'jwk' }),
      kid: 'x'.repeat(100),
      use: 'enc',
      x5u: 'http://127.0.0.1:1/',
    };
    expect(await browser.register({ jwk })).toMatchObject({ status: 200 });
    const [[row]] = (await shop.connection.query(
      `SELECT device_key FROM server_sessions WHERE id = '${browser.id}'`,
    )) as [any[], unknown];
    const { x, y } = browser.keys.publicKey.export({ format: 'jwk' });
    expect(row.device_key).toBe(`${shop.clock.now()}.${x}.${y}`);
  });

  it('a key of the proof is not taken in place of that of the session', async () => {
    const browser = await bound();
    const thief = browser.copy();
    expect(await thief.refresh({ jwk: thief.jwk })).toMatchObject({ status: 400 });
  });

  it('a code of a challenge is not a bound cookie, nor the other way round', async () => {
    const browser = await bound();
    const thief = browser.copy();
    shop.clock.advance(10_001);
    const [, ...code] = challengeIn(await thief.askForChallenge())!.split('.');
    thief.cookies.set('__Host-id.d', code.join('.'));
    expect(await thief.send('GET', '/me')).toMatchObject({ body: { code: 'SESSION_DEVICE' } });
    const challenge = `${browser.id}.${browser.cookies.get('__Host-id.d')}`;
    expect(await browser.refresh({ challenge })).toMatchObject({ status: 403 });
  });

  it('no challenge of 1,000 that are made from all that is known counts', async () => {
    const browser = await loggedIn();
    const [id = '', token = ''] = browser.cookies.get('__Host-id')!.split('.');
    const { x, y } = browser.jwk as { x: string; y: string };
    const time = shop.clock.now();
    const keys = [token, id, x, y, `${x}.${y}`, '', `${id}.${token}`, JSON.stringify(browser.jwk)];
    const thief = browser.copy();
    thief.registration = browser.registration;
    for (let attempt = 0; attempt < 1000; attempt++) {
      const key = keys[attempt % keys.length]!;
      const purpose = attempt % 2 ? 'registration' : 'cookie';
      const message = `device-bound ${purpose} ${id} ${time} ${attempt < 500 ? '' : attempt}`;
      const code = createHmac('sha256', key).update(message).digest('base64url');
      const challenge = `${id}.${time.toString(36)}.${code}`;
      expect((await thief.register({ challenge })).status).toBe(400);
    }
    expect(await browser.register()).toMatchObject({ status: 200 });
  });

  describe('hostile headers get no cookie and no 500', () => {
    const curve = { kty: 'EC', crv: 'P-256' };
    const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'jwk',
    }) as { x: string; y: string };
    const KEYS: readonly unknown[] = [
      null,
      'EC',
      [],
      7,
      { ...curve, x },
      { ...curve, x, y: x },
      { ...curve, x: `${x}=`, y },
      { ...curve, x: '', y: '' },
      { ...curve, x: 'A'.repeat(43), y: 'A'.repeat(43) },
      { ...curve, x: '_'.repeat(42) + '8', y: '_'.repeat(42) + '8' },
      { ...curve, x: [x], y: [y] },
      { kty: 'oct', k: 'AAAA' },
      { kty: 'OKP', crv: 'Ed25519', x },
    ];
    const PAYLOADS: readonly unknown[] = [
      'null',
      '7',
      '"text"',
      '[]',
      '{}',
      '{"jti":null}',
      '{"jti":{}}',
      '{"jti":["x"]}',
      '{"__proto__":{"jti":"x"}}',
      '{"jti":"x","jti":7}',
      '\u0000',
      '[['.repeat(700),
      '{',
    ];

    it('in a registration', async () => {
      const browser = await loggedIn();
      const jti = browser.registration!.challenge;
      for (const jwk of KEYS) {
        const head = encode({ typ: 'dbsc+jwt', alg: 'ES256', jwk });
        const proof = signed(browser, `${head}.${encode({ jti })}`);
        const headers = { 'secure-session-response': proof };
        const { status, headers: got } = await browser.send('POST', '/session-device', headers);
        expect([status, got.getSetCookie()]).toEqual([400, []]);
      }
      expect(await browser.register()).toMatchObject({ status: 200 });
    });

    it('in a proof', async () => {
      const browser = await bound();
      for (const text of PAYLOADS) {
        const heads = [encode({ typ: 'dbsc+jwt', alg: 'ES256' }), encode(text)];
        for (const head of heads) {
          const { status, headers } = await prove(
            browser,
            signed(browser, `${head}.${encode(text)}`),
          );
          expect([status, headers.getSetCookie()]).toEqual([403, []]);
        }
      }
    });

    it('that are no proof at all', async () => {
      const browser = await bound();
      const texts = ['.', '..', '...', '""', '"', 'a.b.c', `"${'a'.repeat(8000)}`, '%00', '=.=.='];
      for (const text of texts) {
        expect(await prove(browser, text)).toMatchObject({ status: 403 });
      }
    });

    it('that name no session', async () => {
      const browser = await bound();
      const { id } = browser;
      const names = [
        `"${id}`,
        `${id}"`,
        `"${id}" , "${id}"`,
        id.toUpperCase(),
        `${id}\u00e9`,
        '?1',
        '1',
      ];
      for (const name of names) {
        const { status, body } = await browser.send('POST', '/session-device', {
          'sec-secure-session-id': name,
        });
        expect([status, body]).toEqual([200, { continue: false }]);
      }
    });

    it('that come twice', async () => {
      const browser = await bound();
      const challenge = challengeIn(await browser.askForChallenge());
      const proof = browser.proof({ challenge, jwk: null });
      const response = await rawRequest(shop.port, 'POST /session-device', [
        `Sec-Secure-Session-Id: "${browser.id}"`,
        `Secure-Session-Response: ${proof}`,
        `Secure-Session-Response: ${proof}`,
        'Content-Length: 0',
      ]);
      expect(statusOf(response)).toBe(403);
      expect(response).not.toMatch(/set-cookie/i);
    });
  });
});
