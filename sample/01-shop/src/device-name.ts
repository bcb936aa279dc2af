/** Parts of user agents that identify a browser. The order matters: most browsers also claim to be those below them. */
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

/** Returns a device in words, by its user agent. A client can send any user agent, so this proves nothing. */
export function deviceName(userAgent = ''): string {
  const browser = firstIn(BROWSERS, userAgent);
  const system = firstIn(SYSTEMS, userAgent);
  return browser && system ? `${browser} on ${system}` : (browser ?? system ?? 'Unknown device');
}

function firstIn(names: Readonly<Record<string, string>>, userAgent: string): string | undefined {
  return Object.entries(names).find(([sign]) => userAgent.includes(sign))?.[1];
}
