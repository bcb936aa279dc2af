import { SessionsConfigurationError } from '../../common/session-error.js';
import { tokensOf } from '../../kind-providers.js';
import type { SessionsModuleOptions } from '../../sessions.options.js';
import { kindIn, type KindOption } from '../kind-option.js';

/**
 * The part of Nest's `TestingModuleBuilder` that is used.
 *
 * @typeParam Builder the builder itself
 * @publicApi
 */
export interface OverridableModule<Builder> {
  /** Replaces a provider. */
  overrideProvider(token: symbol): { useValue(value: unknown): Builder };
}

/**
 * Replaces single options of `SessionsModule` in a test. The other options stay those of the application, whether they
 * come from `forRoot` or `forRootAsync`. An option that is an object, such as `cookie`, is replaced as a whole. A second
 * call replaces the first.
 *
 * `connection` and `isGlobal` can't be replaced, since they decide what the module imports.
 *
 * @typeParam T type of the sessions' data
 * @param builder what `Test.createTestingModule()` returns
 * @param which the kind of sessions whose options are replaced
 * @returns the builder, for further calls
 * @throws SessionsConfigurationError after `compile()`
 * @example
 * ```ts
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const module = await overrideSessionsOptions(builder, { storagePath: ':memory:' }).compile();
 * overrideSessionsOptions(builder, { storagePath: ':memory:' }, { kind: Staff });
 * ```
 * @publicApi
 */
export function overrideSessionsOptions<Builder, T = any>(
  builder: OverridableModule<Builder>,
  options: SessionsModuleOptions<T>,
  which: KindOption<T> = {},
): Builder {
  const { kind } = kindIn('overrideSessionsOptions', which);
  requireUncompiled(builder);
  return builder.overrideProvider(tokensOf(kind).overrides).useValue(options);
}

/** Nest ignores what is replaced after `compile()`, and the test would change the application's own database. */
function requireUncompiled(builder: object): void {
  const { container } = builder as { container?: { getModules?(): ReadonlyMap<string, unknown> } };
  if ((container?.getModules?.().size ?? 0) > 0) {
    throw new SessionsConfigurationError(
      'overrideSessionsOptions() was called after compile(), where Nest ignores it. Call it before compile().',
    );
  }
}
