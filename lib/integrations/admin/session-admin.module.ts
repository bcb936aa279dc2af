import {
  Inject,
  Logger,
  Module,
  Optional,
  type CanActivate,
  type DynamicModule,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { checkBoolean, invalidOption, ownOptions } from '../../common/checks.js';
import { errorText } from '../../common/error-text.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { kindOfGuard } from '../../http/guard/guard-kind.js';
import { SessionGuard } from '../../http/guard/session.guard.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import { meantKind, type KindOption, type MeantKind } from '../kind-option.js';
import { adminController } from './admin.controller.js';
import { AdminPages } from './admin-pages.js';
import { SampledTotals } from './sampled-totals.js';

/**
 * Options of `SessionAdminModule`.
 *
 * @publicApi
 */
export interface SessionAdminOptions extends KindOption {
  /**
   * The classes of guards that let only operators pass. A request must pass all of them; guards of sessions run first. The
   * guard of the shown sessions or `SessionGuard` alone is rejected, because it lets every visitor with a session pass.
   */
  readonly guard: Type<CanActivate> | readonly Type<CanActivate>[];
  /** Modules that export what the guards inject, unless they are global. */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /**
   * Where the pages are, behind the global prefix.
   *
   * @default 'admin/sessions'
   */
  readonly path?: string | undefined;
  /**
   * Whether operators can look at the data of sessions. Each look emits the event `viewed`.
   *
   * @default false
   */
  readonly showData?: boolean | undefined;
}

const PATH = /^[\w-]+(?:\/[\w-]+)*$/;

const logger = new Logger('SessionAdminModule');

const onError = (error: unknown) => logger.error(`Sessions were not counted: ${errorText(error)}`);

/**
 * Pages on which the operators of an application find sessions, see their details and end them. Needs `SessionsModule`, and
 * a guard.
 *
 * @throws SessionsConfigurationError at start-up without a guard
 * @example
 * ```ts
 * @Module({
 *   imports: [SessionsModule.forRoot(), SessionAdminModule.forRoot({ guard: OperatorGuard })],
 * })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class SessionAdminModule implements OnApplicationShutdown {
  readonly #totals: SampledTotals;

  /** @internal */
  constructor(@Optional() @Inject(SampledTotals) totals: SampledTotals | undefined) {
    if (!totals) {
      throw withoutGuard();
    }
    this.#totals = totals;
  }

  /**
   * Configures the pages with these options.
   *
   * @throws SessionsConfigurationError if an option is wrong, or there is no guard
   * @example
   * ```ts
   * SessionAdminModule.forRoot({ guard: OperatorGuard, imports: [OperatorsModule], showData: true })
   * ```
   */
  static forRoot(options: SessionAdminOptions): DynamicModule {
    const known = ['guard', 'imports', 'kind', 'path', 'showData'] as const;
    const own = ownOptions('SessionAdminModule', options ?? {}, known);
    const { guard, imports = [], path = 'admin/sessions', showData = false } = own;
    const kind = meantKind(own.kind);
    const guards = guardsOf(guard, kind);
    if (typeof path !== 'string' || !PATH.test(path)) {
      throw invalidOption(
        'path',
        path,
        'segments of letters, digits, _ and -, such as admin/sessions',
      );
    }
    checkBoolean('showData', showData);
    const root = path.slice(path.lastIndexOf('/') + 1);
    return {
      module: SessionAdminModule,
      imports,
      controllers: [adminController(path, guards)],
      providers: [
        {
          provide: SampledTotals,
          inject: [kind.Manager],
          useFactory: (manager: SessionManager) =>
            new SampledTotals(serviceOf(manager).survey, onError),
        },
        {
          provide: AdminPages,
          inject: [kind.Manager, SampledTotals],
          useFactory: (manager: SessionManager, totals: SampledTotals) =>
            new AdminPages(manager, totals, root, showData),
        },
      ],
    };
  }

  /** Stops counting sessions. */
  onApplicationShutdown(): void {
    this.#totals.stop();
  }
}

function guardsOf(guard: unknown, { Guard }: MeantKind): Type<CanActivate>[] {
  const guards = [guard ?? []].flat() as unknown[];
  if (guards.length === 0) {
    throw withoutGuard();
  }
  if (!guards.every((each) => typeof each === 'function')) {
    throw invalidOption('guard', guard, 'the class of a guard, or an array of such classes');
  }
  if (guards.every((each) => each === Guard || each === SessionGuard)) {
    throw new SessionsConfigurationError(
      'SessionAdminModule has only a guard that lets every visitor with a session pass. Add a ' +
        'guard that lets only operators pass: guard: [SessionGuard, OperatorGuard].',
    );
  }
  return (guards as Type<CanActivate>[]).toSorted(
    (one, other) => Number(isSessionGuard(other)) - Number(isSessionGuard(one)),
  );
}

const isSessionGuard = (guard: Type<CanActivate>) => kindOfGuard(guard) !== undefined;

function withoutGuard(): SessionsConfigurationError {
  return new SessionsConfigurationError(
    'SessionAdminModule has no guard, so everybody could see and end all sessions. Import it by ' +
      'SessionAdminModule.forRoot({ guard: OperatorGuard }), with a guard that lets only operators pass.',
  );
}
