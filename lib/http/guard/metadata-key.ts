import { nameOfKind } from '../../common/kind.js';

/** Returns the metadata key of what a decorator notes on a handler or a class for the sessions of a kind. */
export const metadataKey = (name: string, kind: string): string =>
  `nestjs-server-sessions:${name}${nameOfKind(kind, '', () => `:${kind}`)}`;
