import { describe, expect, it } from '@jest/globals';
import { SessionsConfigurationError, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, startError } from '../support/applications/applications.js';
import { actingController } from '../support/applications/acting-controller.js';
import { cookiesOf } from '../support/http/responses.js';

const UNTIL = new Date('2100-01-01');

/** Returns why an application with these options, as JavaScript can give them, does not start. */
const refusalOf = (options: object) =>
  startError(() => startApp(ADAPTERS[0]!, { options: options as SessionsModuleOptions }));

describe('cookie options that a browser would drop or that weaken the cookie', () => {
  it.each<[string, object, RegExp]>([
    [
      '__Host- with a domain',
      { name: '__Host-id', domain: 'example.com' },
      /path "\/" and no domain/,
    ],
    ['__Host- with a path', { name: '__Host-id', path: '/app' }, /path "\/" and no domain/],
    ['__Host- without secure', { name: '__Host-id', secure: false }, /must be secure/],
    ['__Secure- without secure', { name: '__Secure-id', secure: false }, /must be secure/],
    ['__HOST- in another case', { name: '__HOST-id', path: '/app' }, /path "\/" and no domain/],
    ['__secure- in another case', { name: '__secure-id', secure: false }, /must be secure/],
    ['__Http- for scripts', { name: '__Http-id', httpOnly: false }, /must be httpOnly/],
    ['__Http- without secure', { name: '__http-id', secure: false }, /must be secure/],
    ['__Host-Http- for scripts', { name: '__Host-Http-id', httpOnly: false }, /must be httpOnly/],
    [
      '__Host-Http- with a path',
      { name: '__Host-Http-id', path: '/app' },
      /path "\/" and no domain/,
    ],
    [
      'a previous cookie of the current name',
      { name: 'sid', domain: 'example.com', previous: [{ name: 'sid', until: UNTIL }] },
      /cookie\.previous\[0\]\.name is "sid", the name of the current cookie/,
    ],
    [
      'a previous cookie of the default name',
      { previous: [{ name: '__Host-id', until: UNTIL }] },
      /Set cookie\.name to a new name/,
    ],
    [
      'a previous __Host- with a domain',
      { name: 'sid', previous: [{ name: '__Host-id', domain: 'example.com', until: UNTIL }] },
      /cookie\.previous\[0\] is named "__Host-id".*Remove/,
    ],
    [
      'a previous __host- with a path',
      { name: 'sid', previous: [{ name: '__host-id', path: '/app', until: UNTIL }] },
      /cookie\.previous\[0\] is named "__host-id".*Remove/,
    ],
    ['SameSite=None without secure', { sameSite: 'none', secure: false }, /browsers drop/],
  ])(
    'cookie options that browsers reject or that weaken the cookie are refused at start: %s',
    async (_, cookie, message) => {
      const error = await refusalOf({ cookie });
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toMatch(message);
    },
  );
});

describe('cookie options that make no cookie', () => {
  const EXPECTED: Readonly<Record<string, string>> = {
    'cookie.name': 'letters, digits',
    'cookie.path': 'a path that starts with "/"',
    'cookie.domain': 'a domain name such as "example.com"',
    'cookie.sameSite': "'strict' or 'lax' or 'none'",
    'cookie.secure': 'true or false',
    'cookie.httpOnly': 'true or false',
    'cookie.persistent': 'true or false',
    'cookie.previous': 'an array of cookies that were used before',
    'cookie.previous[0]': 'an object',
    'cookie.previous[0].name': 'letters, digits',
    'cookie.previous[0].domain': 'a domain name such as "example.com"',
    'cookie.previous[1].path': 'a path that starts with "/"',
    'cookie.previous[0].until': 'a valid Date, or a number of milliseconds since 1970',
    'cookie.previous[0] has no option "secure"': 'Known: name, domain, path, until',
    maxAge: 'Known: name, httpOnly, secure, sameSite, path, domain, persistent, previous',
    cookie: 'an object',
  };

  it.each<[string, unknown]>([
    ['cookie.name', { name: '' }],
    ['cookie.name', { name: ';id' }],
    ['cookie.name', { name: ['id'] }],
    ['cookie.name', { name: 'my id' }],
    ['cookie.name', { name: 'id;' }],
    ['cookie.name', { name: 'id=' }],
    ['cookie.name', { name: 'sitzung-ü' }],
    ['cookie.name', { name: 'x'.repeat(129) }],
    ['cookie.name', { name: 1 }],
    ['cookie.path', { path: 'app' }],
    ['cookie.path', { path: '' }],
    ['cookie.path', { path: null }],
    ['cookie.name', { name: null }],
    ['cookie.path', { path: '/a;b' }],
    ['cookie.path', { path: '/a\r\nb' }],
    ['cookie.path', { path: 1 }],
    ['cookie.path', { path: `/${'a'.repeat(1024)}` }],
    ['cookie.path', { path: ['/'] }],
    ['cookie.path', { path: 'a/b' }],
    ['cookie.path', { path: '/ä' }],
    ['cookie.path', { path: '/<a>' }],
    ['cookie.domain', { domain: '' }],
    ['cookie.domain', { domain: 'com' }],
    ['cookie.domain', { domain: `${'a'.repeat(64)}.example` }],
    ['cookie.domain', { domain: 'example.com; Secure' }],
    ['cookie.domain', { domain: 'https://example.com' }],
    ['cookie.domain', { domain: 1 }],
    ['cookie.domain', { domain: ['example.com'] }],
    ['cookie.domain', { domain: '.example.com' }],
    ['cookie.domain', { domain: '-example.com' }],
    ['cookie.domain', { domain: 'example-.com' }],
    ['cookie.domain', { domain: 'example.-com' }],
    ['cookie.domain', { domain: 'example.com-' }],
    ['cookie.domain', { domain: 'example.com.' }],
    ['cookie.domain', { domain: 'ex_ample.com' }],
    ['cookie.domain', { domain: 'example.c_m' }],
    ['cookie.domain', { domain: `${'example.'.repeat(31)}about` + 'x' }],
    ['cookie.sameSite', { sameSite: 'Lax' }],
    ['cookie.sameSite', { sameSite: true }],
    ['cookie.secure', { secure: 'auto' }],
    ['cookie.secure', { secure: 'false' }],
    ['cookie.httpOnly', { httpOnly: 1 }],
    ['cookie.persistent', { persistent: 'yes' }],
    ['cookie.previous', { previous: { name: 'sid', until: UNTIL } }],
    ['cookie.previous', { previous: null }],
    ['cookie.previous[0]', { previous: ['sid'] }],
    ['cookie.previous[0].name', { previous: [{ until: UNTIL }] }],
    ['cookie.previous[0].name', { previous: [{ name: 'my id', until: UNTIL }] }],
    ['cookie.previous[0].domain', { previous: [{ name: 'sid', domain: 'com', until: UNTIL }] }],
    [
      'cookie.previous[1].path',
      {
        previous: [
          { name: 'sid', until: UNTIL },
          { name: 'old', path: 'app', until: UNTIL },
        ],
      },
    ],
    ['cookie.previous[0].until', { previous: [{ name: 'sid' }] }],
    ['cookie.previous[0].until', { previous: [{ name: 'sid', until: '2026-12-01' }] }],
    ['cookie.previous[0].until', { previous: [{ name: 'sid', until: new Date(NaN) }] }],
    ['cookie.previous[0].until', { previous: [{ name: 'sid', until: Infinity }] }],
    ['cookie.previous[0].until', { previous: [{ name: 'sid', until: 9e15 }] }],
    [
      'cookie.previous[0] has no option "secure"',
      { previous: [{ name: 'sid', secure: true, until: UNTIL }] },
    ],
    ['maxAge', { maxAge: 1000 }],
    ['cookie', null],
    ['cookie', 'id'],
    ['cookie', false],
    ['cookie', []],
  ])(
    'invalid cookie options are refused at start with the name of the option: %s in %j',
    async (name, cookie) => {
      const error = await refusalOf({ cookie });
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain(name);
      expect((error as Error).message).toContain(EXPECTED[name]);
    },
  );
});

describe('transports', () => {
  it.each<[unknown, RegExp]>([
    [[], /^transports must be .*, got an empty array\.$/],
    [['header'], /^transports\[0\] must be .*, got 'header'\.$/],
    ['cookie', /^transports must be .*, got 'cookie'\.$/],
    [null, /^transports must be .*, got null\.$/],
    [['cookie', 'query'], /^transports\[1\] must be .*, got 'query'\.$/],
    [[undefined], /^transports\[0\] must be .*, got undefined\.$/],
  ])('invalid transports are refused at start: %j', async (transports, words) => {
    const error = await refusalOf({ transports });
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect((error as Error).message).toMatch(words);
  });

  it('cookie options are refused at start if the cookie is no transport', async () => {
    const error = await refusalOf({ transports: ['bearer'], cookie: { secure: false } });
    expect(String(error)).toMatch(
      /cookie.*transports.*Add 'cookie' to transports, or remove cookie/,
    );
  });
});

describe('the name of the cookie', () => {
  it.each<[SessionsModuleOptions['cookie'], string]>([
    [{}, '__Host-id'],
    [{ domain: 'example.com' }, '__Secure-id'],
    [{ path: '/app' }, '__Secure-id'],
    [{ secure: false }, 'id'],
    [{ secure: false, domain: 'example.com' }, 'id'],
    [{ name: '__Secure-shop', path: '/app' }, '__Secure-shop'],
    [{ name: '__Host-shop' }, '__Host-shop'],
    [{ name: '__Http-shop', path: '/app' }, '__Http-shop'],
    [{ name: '__Host-Http-shop' }, '__Host-Http-shop'],
    [{ name: 'shop' }, 'shop'],
    [{ name: 'my__Host-shop', path: '/app' }, 'my__Host-shop'],
    [{ name: 'x'.repeat(128) }, 'x'.repeat(128)],
  ])('the name of the cookie with %j is %s', async (cookie, name) => {
    const { controller, does } = actingController();
    const app = await startApp(ADAPTERS[0]!, { controllers: [controller], options: { cookie } });
    does((session) => session.start({}));
    const [header] = cookiesOf(await app.http().post('/act'));
    expect(header?.split('=')[0]).toBe(name);
    await app.close();
  });
});

describe('the domain of the cookie', () => {
  it.each([
    'example.com',
    'a.b',
    'shop-2.example.com',
    '1.2.example.3com',
    'SHOP.Example.Com',
    `${'example.'.repeat(31)}about`,
  ])('the domain of the cookie can be %s', async (domain) => {
    const { controller, does } = actingController();
    const options = { cookie: { domain } };
    const app = await startApp(ADAPTERS[0]!, { controllers: [controller], options });
    does((session) => session.start({}));
    const [header] = cookiesOf(await app.http().post('/act'));
    expect(header).toContain(`; Domain=${domain};`);
    await app.close();
  });
});
