/** What gives a browser away in its user agent. The order matters: most also claim to be the ones below them. */
const BROWSERS = {
  'Edg/': 'Edge',
  'EdgA/': 'Edge',
  'EdgiOS/': 'Edge',
  'OPR/': 'Opera',
  'SamsungBrowser/': 'Samsung Internet',
  'Firefox/': 'Firefox',
  'FxiOS/': 'Firefox',
  'CriOS/': 'Chrome',
  'HeadlessChrome/': 'Chrome',
  'Chrome/': 'Chrome',
  'Safari/': 'Safari',
  'curl/': 'curl',
};

const SYSTEMS = {
  iPhone: 'iPhone',
  iPad: 'iPad',
  Android: 'Android',
  CrOS: 'ChromeOS',
  Windows: 'Windows',
  Macintosh: 'Mac',
  Linux: 'Linux',
};

/** A device in words, as far as its user agent tells. It is what the client says of itself: no proof of anything. */
export function deviceName(userAgent = ''): string {
  const browser = firstIn(BROWSERS, userAgent);
  const system = firstIn(SYSTEMS, userAgent);
  return browser && system ? `${browser} on ${system}` : (browser ?? system ?? 'Unknown device');
}

function firstIn(names: Readonly<Record<string, string>>, userAgent: string): string | undefined {
  return Object.entries(names).find(([sign]) => userAgent.includes(sign))?.[1];
}
