import {
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { RequestSessions } from '../request/request-sessions.js';
import { requestOf } from '../source/request-of.js';
import { requireGuard } from './require-guard.js';

/**
 * Injects the data of a guarded request's session, or one own property of it. It is frozen: change it with
 * `@CurrentSession()`. Takes pipes. `undefined` if `@OptionalSession()` let a request without a session pass. This is
 * not the `Session` of `@nestjs/common`, which injects `req.session`.
 *
 * @throws SessionsConfigurationError, a 500, if no `SessionGuard` ran
 * @example
 * ```ts
 * @Get('basket') @UseGuards(SessionGuard)
 * basket(@Session('basket') basket: Product[]) { return basket; }
 * ```
 * @publicApi
 */
export const Session: {
  (...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator;
  (key: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator;
} = sessionOf(DEFAULT_KIND);

/** Returns the decorator for the sessions of a kind. */
export function sessionOf(kind: string): typeof Session {
  return createParamDecorator(async (key: string | undefined, context: ExecutionContext) => {
    const state = RequestSessions.resolve(requestOf(context), kind, context);
    requireGuard(state.guarded, '@Session()', kind, context);
    const { data } = await state.find();
    return key === undefined ? data : ownProperty(data, key);
  });
}

/** A `role` that other code put on `Object.prototype` is not the session's. */
function ownProperty(data: unknown, key: string): unknown {
  return data !== null && data !== undefined && Object.hasOwn(data, key)
    ? (data as Record<string, unknown>)[key]
    : undefined;
}
