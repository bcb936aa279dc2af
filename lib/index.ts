/** @module nestjs-server-sessions */
export type { Clock } from './common/clock.js';
export {
  SessionActingError,
  SessionConflictError,
  SessionDataError,
  SessionDataTooLargeError,
  SessionEndedError,
  SessionError,
  SessionExpiredError,
  SessionLimitError,
  SessionNotFoundError,
  SessionsConfigurationError,
  SessionStoreError,
  type SessionStoreReason,
} from './common/session-error.js';
export type { SessionEndReason, SessionEndReasons } from './common/end-reason.js';
export { defineSessions } from './define-sessions.js';
export type { TypedParameterDecorator } from './http/decorators/typed-parameter.js';
export { CurrentSession } from './http/decorators/current-session.decorator.js';
export { GuardedSession } from './http/decorators/guarded-session.decorator.js';
export { AllowCrossOrigin } from './http/decorators/allow-cross-origin.decorator.js';
export type { CsrfOptions } from './http/transport/cross-origin.js';
export type { DeviceBoundOptions } from './http/device/device-bound.options.js';
export type { SessionRequest, SessionResponse } from './http/http-types.js';
export { getCurrentSession } from './http/decorators/get-current-session.js';
export type {
  ActAsOptions,
  ListedSession,
  ConfirmCurrentSessionOptions,
  RegenerateCurrentSessionOptions,
  RenewCurrentSessionOptions,
  StartSessionOptions,
  StopActingOptions,
} from './http/request/current-session.options.js';
export { SessionExceptionFilter } from './http/errors/session-exception.filter.js';
export {
  SessionHttpException,
  type SessionHttpCode,
} from './http/errors/session-http.exception.js';
export {
  OptionalSession,
  PublicRoute,
  RequireSession,
  SkipSession,
} from './http/guard/session-policy.decorator.js';
export { RequireBoundDevice } from './http/guard/require-bound-device.decorator.js';
export { RequireFresh } from './http/guard/require-fresh.decorator.js';
export { SessionToken } from './http/decorators/session-token.decorator.js';
export { Session } from './http/decorators/session.decorator.js';
export { SessionStreamInterceptor } from './http/interceptors/session-stream.interceptor.js';
export { SessionStatusController } from './http/status/session-status.controller.js';
export type { SessionStatus } from './http/request/session-status.js';
export { SessionGuard } from './http/guard/session.guard.js';
export type { SessionCookieOptions } from './http/transport/cookie.options.js';
export type { PreviousSessionCookie } from './http/transport/previous-cookie.options.js';
export { init, type InitOptions } from './init.js';
export type { CleanupOptions } from './manager/expiry/cleanup.options.js';
export type { RejectionReason, RemovalReason, SessionEvent } from './manager/session-events.js';
export type { SessionDiagnostics } from './manager/session-diagnostics.js';
export type { EncryptionOptions } from './manager/data/data.options.js';
export type { SessionChange } from './manager/data/session-change.js';
export type { SessionEnd, WatchEndReason } from './manager/watch/session-end.js';
export { SessionWatch } from './manager/watch/session-watch.js';
export type { WatchOptions } from './manager/watch/watch.options.js';
export { SessionManager } from './manager/session-manager.js';
export type {
  CreateSessionOptions,
  EndSessionOptions,
  RegenerateSessionOptions,
  RemoveAllSessionsOptions,
  RemoveExpiredSessionsOptions,
  ListEndedSessionsOptions,
  ListSessionsOptions,
  RemoveSessionByIdOptions,
  RemoveUserSessionsOptions,
  OwnerReassignment,
  ReassignOwnersOptions,
  RenewSessionOptions,
  UpdateSessionOptions,
  WatchSessionOptions,
} from './manager/call.options.js';
export type {
  EndedSession,
  SessionActor,
  SessionClient,
  SessionDevice,
  SessionRecord,
  SessionSummary,
} from './manager/session-record.js';
export type { SessionKind } from './session-kind.js';
export type { SessionsModuleClass } from './sessions.module-base.js';
export type {
  SessionsModuleAsyncOptions,
  SessionsModuleExtras,
} from './sessions.module-definition.js';
export {
  getSessionsOptionsToken,
  InjectSessionModel,
  SessionsModule,
  type SessionsOptionsFactory,
} from './sessions.module.js';
export type { SessionsModuleOptions } from './sessions.options.js';
export { SessionEntity } from './store/table/session.entity.js';
