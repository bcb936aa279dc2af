import { createHash, X509Certificate } from 'node:crypto';
import type { Browser, BrowserContext, Cookie } from 'playwright-core';
import { launchChromium } from './chromium.js';

/** What Debian's Chromium needs to bind sessions without a TPM and an origin trial. */
const FEATURES = [
  'DeviceBoundSessions:RequireOriginTrialTokens/false',
  'EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
];

/** Lets the browser sign as often as a test needs it. By default it signs only a few times in some seconds. */
const WITHOUT_QUOTA = '/RefreshQuota/false';

/** Starts a Chromium that binds sessions. Every host of `.test` is this machine, and the certificate counts for all of them. */
export function launchBindingChromium(
  certificate: string,
  { hasQuota = false } = {},
): Promise<Browser> {
  const { publicKey } = new X509Certificate(
    certificate.slice(certificate.indexOf('-----BEGIN CERT')),
  );
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const features = FEATURES.join(hasQuota ? ',' : `${WITHOUT_QUOTA},`);
  return launchChromium({
    args: [
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      `--enable-features=${features}`,
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`,
    ],
  });
}

/** Returns the bound cookie of a browser; `undefined` if it has none. */
export async function boundCookieOf(context: BrowserContext): Promise<Cookie | undefined> {
  return (await context.cookies()).find(({ name }) => name === '__Host-id.d');
}
