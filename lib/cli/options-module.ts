import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SessionsConfigurationError } from '../common/session-error.js';
import { resolveManagerOptions, type ResolvedManagerOptions } from '../manager/manager.options.js';
import { getCode } from '../store/execution/store-error.js';

/** The options that decide how data is read and whose it is. */
const USED = ['userId', 'schema', 'encryptionKeys', 'maxDataBytes'] as const;

/**
 * Reads the options that an application gives to `SessionsModule.forRoot()` from one of its modules.
 *
 * @param path of a JavaScript file
 * @param name of the export that is the options
 * @throws SessionsConfigurationError if there is no such file or export, or an option is wrong
 */
export async function readOptionsModule(
  path: string,
  name: string,
): Promise<ResolvedManagerOptions> {
  const found = await importFile(path);
  const exported: unknown = Object.hasOwn(found, name) ? found[name] : undefined;
  if (typeof exported !== 'object' || exported === null) {
    throw new SessionsConfigurationError(
      `The module ${path} has no export "${name}" that is an object. Export the options that the application ` +
        'gives to SessionsModule.forRoot(), and name the export with --export.',
    );
  }
  const options = exported as Record<string, unknown>;
  return resolveManagerOptions(
    Object.fromEntries(
      USED.filter((option) => Object.hasOwn(options, option)).map((option) => [
        option,
        options[option],
      ]),
    ),
  );
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = getCode(error) ?? (error instanceof Error ? error.name : 'it threw no error');
    throw new SessionsConfigurationError(
      `The module ${path} can't be loaded (${reason}). Give the path of a JavaScript file, such as one in dist, that can ` +
        'be imported without starting the application.',
      { cause: error },
    );
  }
}
