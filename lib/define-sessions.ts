import { Inject } from '@nestjs/common';
import { checkKind } from './common/kind.js';
import { currentSessionOf } from './http/decorators/current-session.decorator.js';
import { getCurrentSessionOf } from './http/decorators/get-current-session.js';
import { guardedSessionOf } from './http/decorators/guarded-session.decorator.js';
import { sessionTokenOf } from './http/decorators/session-token.decorator.js';
import { sessionOf } from './http/decorators/session.decorator.js';
import { guardOfKind } from './http/guard/kind-guard.js';
import { requireBoundDevice } from './http/guard/require-bound-device.decorator.js';
import { requireFresh } from './http/guard/require-fresh.decorator.js';
import { withPolicy } from './http/guard/session-policy.decorator.js';
import { tokensOf, type KindClasses } from './kind-providers.js';
import { SessionManager } from './manager/session-manager.js';
import { SessionWatch } from './manager/watch/session-watch.js';
import type { SessionKind } from './session-kind.js';
import { sessionsModule } from './sessions.module-base.js';

/**
 * Defines one more kind of sessions for an application, such as those of the staff beside those of the customers. Each kind
 * has its own cookie, table, options and type of data. A token of one kind opens no session of another.
 *
 * The name becomes a part of the default cookie, `__Host-staff-id`, and of the default table, `server_sessions_staff`. The
 * exports of the package, such as `SessionsModule` and `SessionGuard`, are about the sessions of `SessionsModule` only.
 *
 * @typeParam T type of the data of the sessions
 * @param kind a lower-case letter, then lower-case letters, digits and hyphens, at most 32 in all
 * @throws SessionsConfigurationError if the name is not valid
 * @example
 * ```ts
 * export const Staff = defineSessions<StaffSession>('staff');
 *
 * @Module({ imports: [SessionsModule.forRoot(), Staff.Module.forRoot({ expireTime: 8 * 60 * 60_000 })] })
 * export class AppModule {}
 *
 * @Controller('staff') @UseGuards(Staff.Guard)
 * export class StaffController {
 *   @Get('me')
 *   me(@Staff.Session('role') role: string) { return role; }
 * }
 * ```
 * @publicApi
 */
export function defineSessions<T = any>(kind: string): SessionKind<T> {
  const tokens = tokensOf(checkKind(kind));
  const classes: KindClasses = {
    Manager: class KindSessionManager extends SessionManager {},
    Watch: class KindSessionWatch extends SessionWatch {},
    Guard: guardOfKind(kind),
  };
  const { Manager, Watch, Guard } = classes;
  return Object.freeze<SessionKind<T>>({
    kind,
    Module: sessionsModule(tokens, classes),
    Guard,
    Manager,
    Watch,
    InjectManager: () => Inject(Manager),
    InjectSessionModel: () => Inject(tokens.model),
    CurrentSession: currentSessionOf(kind) as SessionKind<T>['CurrentSession'],
    GuardedSession: guardedSessionOf(kind) as SessionKind<T>['GuardedSession'],
    Session: sessionOf(kind) as SessionKind<T>['Session'],
    SessionToken: sessionTokenOf(kind),
    getCurrentSession: getCurrentSessionOf<T>(kind),
    PublicRoute: () => withPolicy('skip', kind),
    OptionalSession: () => withPolicy('optional', kind),
    RequireSession: () => withPolicy('require', kind),
    RequireFresh: (maxAge) => requireFresh(maxAge, Guard, kind),
    RequireBoundDevice: () => requireBoundDevice(Guard, kind),
  });
}
