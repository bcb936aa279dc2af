import { Logger } from '@nestjs/common';
import { singleHeader, type SessionRequest } from './http-types.js';

/** Warns, once, of the Secure cookie that browsers drop: one that goes over plain http to another machine. */
export class PlainHttpWarning {
  readonly #logger = new Logger('SessionsModule');
  #given = false;

  /** Looks at the request whose answer sets the cookie. */
  check(request: SessionRequest): void {
    if (this.#given || isEncrypted(request) || isForThisMachine(request.host)) {
      return;
    }
    this.#given = true;
    this.#logger.warn(
      'The Secure session cookie was set over plain http for another host than localhost. Browsers drop it there, and ' +
        'nobody stays logged in. Serve over https; behind a proxy that does, have it send X-Forwarded-Proto: https; ' +
        'or set cookie: { secure: false } while you develop.',
    );
  }
}

/** What a proxy says is believed here whether it is trusted or not: a warning is all that a lie prevents. */
function isEncrypted(request: SessionRequest): boolean {
  const forwarded = singleHeader(request, 'x-forwarded-proto') ?? '';
  return request.protocol === 'https' || /^[ \t]*https[ \t]*(?:,|$)/i.test(forwarded);
}

/** Browsers take these for secure, whatever the port (W3C Secure Contexts, section 3.1). */
function isForThisMachine(host: string | undefined): boolean {
  const url = `http://${host}`;
  return (
    host === undefined ||
    !URL.canParse(url) ||
    /^(?:\[::1\]|127(?:\.\d+){3}|(?:.+\.)?localhost)$/.test(new URL(url).hostname)
  );
}
