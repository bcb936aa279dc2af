import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { FormatError } from './driver-options.js';

/**
 * Puts the code of a `SessionHttpException`, and the reason of an end, into the errors that Apollo sends. `graphql` takes
 * both from the exception, but @nestjs/apollo replaces the code by one for the HTTP status. The application's own
 * `formatError` gets the result.
 */
export const withSessionCodes =
  (format: FormatError = (formatted) => formatted): FormatError =>
  (formatted, error) => {
    const exception = thrownBy(error);
    const extensions = { ...formatted.extensions, ...exception?.extensions };
    return format(exception ? Object.assign(formatted, { extensions }) : formatted, error);
  };

/** An Apollo plugin that gives a response without data the HTTP status of the refusal. */
export const SESSION_STATUS_PLUGIN = {
  requestDidStart: async () => ({
    willSendResponse: async ({ errors = [], response, requestIsBatched }: ApolloRequest) => {
      const exception = errors.map(thrownBy).find((thrown) => thrown !== undefined);
      const { singleResult } = response.body;
      if (exception && singleResult && !singleResult.data && !requestIsBatched) {
        response.http.status = exception.getStatus();
      }
    },
  }),
};

/** The part of Apollo's request context that is used. */
interface ApolloRequest {
  readonly errors?: readonly unknown[];
  readonly requestIsBatched: boolean;
  readonly response: {
    readonly http: { status?: number };
    readonly body: { readonly singleResult?: { readonly data?: unknown } };
  };
}

/** Returns the exception that a resolver threw, if it is a `SessionHttpException`. */
function thrownBy(error: unknown): SessionHttpException | undefined {
  const { originalError } = error as { readonly originalError?: unknown };
  return originalError instanceof SessionHttpException ? originalError : undefined;
}
