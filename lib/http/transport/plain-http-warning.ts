import { Logger } from '@nestjs/common';
import { singleHeader, type SessionRequest } from '../http-types.js';

/** User agents that drop a Secure cookie over plain http, even from localhost. */
const REFUSES_ON_LOCALHOST =
  /AppleWebKit\/|^(?:Wget|python-\w+|Python-urllib|libwww-perl|Java|Java-http-client)\//;

/** Chromium keeps the cookie, but also names WebKit. This is a second pattern, because a lookahead takes quadratic time. */
const CHROMIUM = /Chrom(?:e|ium)\//;

const REMEDY =
  'Serve over https. If a proxy does that, let it send X-Forwarded-Proto: https. During development you can set ' +
  'cookie: { secure: false } instead.';

/** Warns, once, of a Secure cookie that the client drops because it comes over plain http. */
export class PlainHttpWarning {
  readonly #logger = new Logger('SessionsModule');
  #given = false;

  /** Warns once if the client of this request will drop the cookie that the response sets. */
  check(request: SessionRequest): void {
    const problem = this.#given || isEncrypted(request) ? undefined : problemOf(request);
    if (problem !== undefined) {
      this.#given = true;
      this.#logger.warn(`${problem} ${REMEDY}`);
    }
  }
}

/** Returns why the client drops the cookie, if it does. */
function problemOf(request: SessionRequest): string | undefined {
  if (!isForThisMachine(request.host)) {
    return (
      'The Secure session cookie was set over plain http for a host other than localhost. Browsers drop it there, so ' +
      'users do not stay logged in.'
    );
  }
  const userAgent = singleHeader(request, 'user-agent') ?? '';
  if (REFUSES_ON_LOCALHOST.test(userAgent) && !CHROMIUM.test(userAgent)) {
    return (
      'The Secure session cookie was set over plain http, and this client drops it: Chrome, Firefox and curl keep such a ' +
      'cookie from localhost; Safari, wget and the HTTP clients of Python, Perl and Java do not. Its users do not stay logged in.'
    );
  }
  return undefined;
}

/** Believes the header of any proxy, trusted or not, since a wrong one only prevents a warning. */
function isEncrypted(request: SessionRequest): boolean {
  const forwarded = singleHeader(request, 'x-forwarded-proto') ?? '';
  return request.protocol === 'https' || /^[ \t]*https[ \t]*(?:,|$)/i.test(forwarded);
}

/**
 * Returns whether the host is this machine. Chromium and Firefox treat it as secure, whatever the port (W3C Secure
 * Contexts, section 3.1).
 */
function isForThisMachine(host: string | undefined): boolean {
  const url = `http://${host}`;
  return (
    host === undefined ||
    !URL.canParse(url) ||
    /^(?:\[::1\]|127(?:\.\d+){3}|(?:.+\.)?localhost)$/.test(new URL(url).hostname)
  );
}
