import { describe, expect, it } from '@jest/globals';
import { deviceName } from '../../sample/01-shop/src/device-name.js';
import { placeName } from '../../sample/01-shop/src/place-name.js';

describe('deviceName()', () => {
  const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const IOS = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';

  it.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
      'Chrome on Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
      'Edge on Windows',
    ],
    [
      `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0`,
      'Opera on Linux',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox on Mac',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${IOS} Version/18.5 Mobile/15E148 Safari/604.1`,
      'Safari on iPhone',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${IOS} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`,
      'Chrome on iPhone',
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      'Samsung Internet on Android',
    ],
    ['curl/8.5.0', 'curl'],
    ['Mozilla/5.0 (iPad; something new)', 'iPad'],
    ['', 'Unknown device'],
    [undefined, 'Unknown device'],
  ])('deviceName() describes %j', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });
});

describe('placeName()', () => {
  it.each([
    ['127.0.0.1', 'This computer'],
    ['::1', 'This computer'],
    ['::ffff:127.0.0.1', 'This computer'],
    ['192.168.0.5', '192.168.0.5, local network'],
    ['::ffff:10.1.2.3', '10.1.2.3, local network'],
    ['172.32.0.1', '172.32.0.1'],
    ['fe80::1', 'fe80::1, local network'],
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    [undefined, 'Unknown place'],
  ])('placeName() describes %j', (ip, name) => {
    expect(placeName(ip)).toBe(name);
  });
});
