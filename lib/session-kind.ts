import type { ArgumentsHost, PipeTransform, Type } from '@nestjs/common';
import type { CurrentSession } from './http/decorators/current-session.decorator.js';
import type { GuardedSession } from './http/decorators/guarded-session.decorator.js';
import type { TypedParameterDecorator } from './http/decorators/typed-parameter.js';
import type { SessionGuard } from './http/guard/session.guard.js';
import type { SessionManager } from './manager/session-manager.js';
import type { SessionWatch } from './manager/watch/session-watch.js';
import type { SessionsModuleClass } from './sessions.module-base.js';
import type { SessionEntity } from './store/table/session.entity.js';

/** @inline */
type Pipe = Type<PipeTransform> | PipeTransform;

/**
 * The names of the data's properties; those of all members if the type of the data is a union.
 *
 * @inline
 */
type DataKey<T> = T extends unknown ? keyof T & string : never;

/** @inline */
type DataValue<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : undefined) : never;

/**
 * One kind of sessions, as `defineSessions()` returns it: its module, guard, manager and decorators. Each works
 * like the export of the package that has the same name, for the sessions of this kind only.
 *
 * @typeParam T type of the data of its sessions
 * @publicApi
 */
export interface SessionKind<T = any> {
  /** The name of the kind. */
  readonly kind: string;

  /**
   * The module of this kind: import it once, in the root module, by `forRoot()` or `forRootAsync()`. It has the options of
   * `SessionsModule`. The defaults of the cookie and the table contain the name of the kind.
   */
  readonly Module: SessionsModuleClass<T>;

  /**
   * The guard: it lets only requests with a live session of this kind pass. It is a `SessionGuard`, for `@UseGuards()` and
   * `APP_GUARD`.
   */
  readonly Guard: typeof SessionGuard;

  /** The injection token of the manager, such as for `app.get()` and `inject`. */
  readonly Manager: Type<SessionManager<T>>;

  /** The injection token of the `SessionWatch` of this kind. */
  readonly Watch: Type<SessionWatch>;

  /**
   * Injects the manager into a constructor.
   *
   * @example
   * ```ts
   * constructor(@Staff.InjectManager() private readonly sessions: SessionManager<StaffSession>) {}
   * ```
   */
  InjectManager(): TypedParameterDecorator<SessionManager<T>>;

  /** Injects the model of the table of this kind into a constructor. */
  InjectSessionModel(): TypedParameterDecorator<typeof SessionEntity>;

  /** Injects the request's session of this kind, guarded or not, as the type `CurrentSession`. */
  CurrentSession(): TypedParameterDecorator<CurrentSession<T>>;

  /** Injects the session, if `Guard` let the request pass, as the type `GuardedSession`. */
  GuardedSession(): TypedParameterDecorator<GuardedSession<T>>;

  /** Injects the session's data, if `Guard` let the request pass. */
  Session(): TypedParameterDecorator<T>;
  /** Injects one own property of the session's data, if `Guard` let the request pass. */
  Session<Key extends DataKey<T>>(key: Key): TypedParameterDecorator<DataValue<T, Key>>;
  /** Injects what these pipes make of the session's data, if `Guard` let the request pass. */
  Session(...pipes: [Pipe, ...Pipe[]]): ParameterDecorator;
  /** Injects what these pipes make of one own property of the session's data, if `Guard` let the request pass. */
  Session(key: DataKey<T>, ...pipes: [Pipe, ...Pipe[]]): ParameterDecorator;

  /** Injects the token of the request's live session of this kind; `undefined` if there is none. */
  SessionToken(): ParameterDecorator;

  /**
   * Returns the request's session of this kind, for guards, interceptors, filters and your own decorators.
   *
   * @param contextOrRequest an `ExecutionContext` or `ArgumentsHost`, or the request of Express or Fastify
   */
  getCurrentSession(contextOrRequest: ArgumentsHost | object): Promise<CurrentSession<T>>;

  /**
   * Makes `Guard` let all requests pass. The guards of other kinds are not affected.
   *
   * @throws SessionsConfigurationError if the handler or class already has another policy of this kind
   */
  PublicRoute(): ClassDecorator & MethodDecorator;

  /**
   * Makes `Guard` let requests without a live session of this kind pass.
   *
   * @throws SessionsConfigurationError if the handler or class already has another policy of this kind
   */
  OptionalSession(): ClassDecorator & MethodDecorator;

  /**
   * Makes `Guard` require a session again, such as on a handler whose class has `PublicRoute()`. It does not add a guard.
   *
   * @throws SessionsConfigurationError if the handler or class already has another policy of this kind
   */
  RequireSession(): ClassDecorator & MethodDecorator;

  /**
   * Guards a handler or a controller: only fresh sessions of this kind pass.
   *
   * @param maxAge milliseconds since the user proved who they are
   * @throws SessionsConfigurationError if `maxAge` is wrong, or the handler or class has another policy of this kind
   */
  RequireFresh(maxAge: number): ClassDecorator & MethodDecorator;

  /**
   * Guards a handler or a controller: only sessions of this kind pass that are bound to the browser of the request.
   *
   * @throws SessionsConfigurationError if the handler or class has another policy of this kind
   */
  RequireBoundDevice(): ClassDecorator & MethodDecorator;
}
