import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { checkOrigins } from '../transport/cross-origin.js';

const ALLOWED_ORIGINS = 'nestjs-server-sessions:allowed-origins';

/**
 * Lets one handler receive unsafe requests from pages of these origins, which `csrf` refuses elsewhere: the `POST` back
 * from an identity provider or a payment page. Such a request has no session, whatever cookie it carries, and
 * `CurrentSession.start()` is refused: respond with a 303 to a `GET` (docs/single-sign-on.md). If the browser sends
 * `Sec-Fetch-Mode`, only navigations pass. Requests of your own pages are not affected. It applies to all kinds of sessions
 * (`defineSessions()`): such a request has no session of any kind.
 *
 * It is not a guard: if nothing reads the session, nothing checks the origin. Middleware runs before the route is known.
 * There, the session of a request from your own pages can be read. Reading it in an unsafe request from a listed origin
 * throws the usual 403.
 *
 * @param origins exact origins, as browsers send them: `'https://idp.example'`
 * @throws SessionsConfigurationError if an origin is missing or invalid, such as `'null'` or one with a path, or if the
 * decorator is not on a handler, or is on it twice
 * @example
 * ```ts
 * @Post('saml/acs') @OptionalSession() @AllowCrossOrigin('https://idp.example') @Redirect()
 * back(@Body('SAMLResponse') response: string) { return { url: this.resultUrl(response), statusCode: 303 }; }
 * ```
 * @publicApi
 */
export const AllowCrossOrigin =
  (...origins: readonly [string, ...string[]]): MethodDecorator =>
  (target: object, name: string | symbol, method: PropertyDescriptor | undefined) => {
    if (typeof method?.value !== 'function') {
      throw new SessionsConfigurationError(
        '@AllowCrossOrigin() decorates something other than a handler, such as a class. Each route must list its ' +
          'origins: put it on the methods.',
      );
    }
    const place = `@AllowCrossOrigin() on ${target.constructor.name}.${String(name)}()`;
    if (origins.length === 0) {
      throw new SessionsConfigurationError(
        `${place} lists no origin. Add those of the pages that may send requests, such as 'https://idp.example'.`,
      );
    }
    if (Reflect.hasMetadata(ALLOWED_ORIGINS, method.value)) {
      throw new SessionsConfigurationError(`${place} is there twice. List all origins in one.`);
    }
    checkOrigins(`${place}: origins`, origins);
    SetMetadata(ALLOWED_ORIGINS, origins)(target, name, method);
  };

/** Returns the other origins whose pages may send requests to the handler of a context for HTTP. */
export function allowedOriginsOf(context: ExecutionContext): readonly string[] {
  const handler: unknown = context.getType() === 'http' ? context.getHandler() : undefined;
  const origins: unknown = handler && Reflect.getMetadata(ALLOWED_ORIGINS, handler);
  return (origins as readonly string[] | undefined) ?? [];
}
