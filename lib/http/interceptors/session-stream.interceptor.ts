import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import type { RequestSession } from '../request/request-session.js';
import { requestOf } from '../source/request-of.js';
import { RequestSessions } from '../request/request-sessions.js';

/** Nest's metadata key of a handler with `@Sse()`, its `SSE_METADATA`. */
const SSE = '__sse__';

/**
 * Ends the streams of `@Sse()` handlers with their session: at once if this process ends the session, else within
 * `watch.interval`. The last event has the type `session-ended`, and its data has the `shownReason` of
 * `SessionEnd` as `reason`. Events do not renew the session. Other handlers, and requests without a session, are not affected.
 * With several kinds of sessions, the stream ends with each session that a guard of its route checked.
 *
 * @throws SessionHttpException if the database is unavailable or too slow, or `csrf` refuses the request;
 * SessionsConfigurationError if the application has no `SessionsModule`
 * @example
 * ```ts
 * @Sse('feed') @UseGuards(SessionGuard) @UseInterceptors(SessionStreamInterceptor)
 * feed(@Session('userId') userId: string) { return this.news.of(userId); }
 * // or for every stream of the application:
 * providers: [{ provide: APP_INTERCEPTOR, useClass: SessionStreamInterceptor }]
 * ```
 * @publicApi
 */
@Injectable()
export class SessionStreamInterceptor implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (!Reflect.getMetadata(SSE, context.getHandler())) {
      return next.handle();
    }
    const states = RequestSessions.resolveUsed(requestOf(context), context);
    const found = await Promise.all(states.map((state) => state.find()));
    const sessions = found.filter(({ exists }) => exists);
    return sessions.length > 0 ? untilEnd(next.handle(), sessions) : next.handle();
  }
}

/** Returns the stream, which now also ends when one of these sessions ends. Unsubscribing stops the watches too. */
function untilEnd(
  stream: Observable<unknown>,
  sessions: readonly RequestSession[],
): Observable<unknown> {
  return new Observable((subscriber) => {
    for (const session of sessions) {
      subscriber.add(
        session.watch(({ shownReason: reason }) => {
          const last: MessageEvent = { type: 'session-ended', data: { reason } };
          subscriber.next(last);
          subscriber.complete();
        }),
      );
    }
    subscriber.add(stream.subscribe(subscriber));
  });
}
