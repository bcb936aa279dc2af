import { OPTION_OVERRIDES } from '../../sessions.module-definition.js';
import type { SessionsModuleOptions } from '../../sessions.options.js';

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
 * @param builder what `Test.createTestingModule()` returns
 * @returns the builder, for further calls
 * @example
 * ```ts
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const module = await overrideSessionsOptions(builder, { storagePath: ':memory:' }).compile();
 * ```
 * @publicApi
 */
export function overrideSessionsOptions<Builder>(
  builder: OverridableModule<Builder>,
  options: SessionsModuleOptions,
): Builder {
  return builder.overrideProvider(OPTION_OVERRIDES).useValue(options);
}
