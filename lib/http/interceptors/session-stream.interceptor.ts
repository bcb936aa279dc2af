import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import type { RequestSession } from '../request/request-session.js';
import { requestOf } from '../request/request-of.js';
import { RequestSessions } from '../request/request-sessions.js';

/** Nest's metadata key of a handler with `@Sse()`, its `SSE_METADATA`. */
const SSE = '__sse__';

/**
 * Ends the streams of `@Sse()` handlers with their session: at once if this process ends the session, else within
 * `watch.interval`. The last event has the type `session-ended`, and its data has the `shownReason` of
 * `SessionEnd` as `reason`. Events do not renew the session. Other handlers, and requests without a session, are not affected.
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
    const session = await RequestSessions.resolve(requestOf(context), context).find();
    return session.exists ? untilEnd(next.handle(), session) : next.handle();
  }
}

/** Returns the stream with an end: that of the session, or its own. Whoever unsubscribes stops the watch too. */
function untilEnd(stream: Observable<unknown>, session: RequestSession): Observable<unknown> {
  return new Observable((subscriber) => {
    subscriber.add(
      session.watch(({ shownReason: reason }) => {
        const last: MessageEvent = { type: 'session-ended', data: { reason } };
        subscriber.next(last);
        subscriber.complete();
      }),
    );
    subscriber.add(stream.subscribe(subscriber));
  });
}
