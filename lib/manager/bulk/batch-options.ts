import { checkInteger, invalidOption, ownOptions } from '../../common/checks.js';

/** The options of a method that works through many sessions. */
export interface BatchOptions<Progress> {
  readonly batchSize?: number | undefined;
  readonly onProgress?: ((progress: Progress) => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `BatchOptions` with its defaults, checked. */
export interface ResolvedBatchOptions<Progress> {
  readonly batchSize: number;
  readonly onProgress: ((progress: Progress) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * @param method the method that the options are for
 * @throws SessionsConfigurationError
 */
export function resolveBatchOptions<Progress>(
  method: string,
  options: BatchOptions<Progress>,
  defaultSize: number,
): ResolvedBatchOptions<Progress> {
  const known = ['batchSize', 'onProgress', 'signal'];
  const own = ownOptions(`${method} options`, options, known);
  const { batchSize = defaultSize, onProgress, signal } = own;
  checkInteger('batchSize', batchSize, 1, 1000);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOption('onProgress', onProgress, 'a function');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
  return { batchSize, onProgress, signal };
}
