import { SessionDataError, SessionDataTooLargeError } from '../common/session-error.js';

/** Turns session data into the text that is stored, and back. `undefined` is stored as `null`. */
export class SessionCodec {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws SessionDataError, SessionDataTooLargeError */
  encode(data: unknown): string {
    const text = stringify(data);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#maxBytes) {
      throw new SessionDataTooLargeError(
        `The session data is ${bytes} bytes of JSON; maxDataBytes allows ${this.#maxBytes}. ` +
          'Keep large things in a table of your own and their ids in the session.',
      );
    }
    return text;
  }

  /** @throws SessionDataError where the text is not what `encode` made. */
  decode(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new SessionDataError('The stored data of this session is damaged and was not used.');
    }
  }
}

function stringify(data: unknown): string {
  try {
    return JSON.stringify(data ?? null, refuseWhatJsonLoses);
  } catch (error) {
    if (error instanceof SessionDataError) {
      throw error;
    }
    throw new SessionDataError(
      "The session data can't be stored as JSON: it refers to itself, or a toJSON() or getter of it threw.",
    );
  }
}

/** JSON turns these into nothing, `null` or `{}` without a word; whoever stores them means to get them back. */
function refuseWhatJsonLoses(key: string, value: unknown): unknown {
  const kind = lostKind(value);
  if (kind !== undefined) {
    throw new SessionDataError(
      `The session data can't be stored as JSON: ${key === '' ? 'it' : 'a property of it'} is ${kind}.`,
    );
  }
  return value;
}

function lostKind(value: unknown): string | undefined {
  switch (typeof value) {
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'bigint':
      return 'a BigInt (store it as a string)';
    case 'number':
      return Number.isFinite(value) ? undefined : 'NaN or infinite';
    case 'object':
      return value instanceof Map || value instanceof Set
        ? 'a Map or Set (store an array)'
        : undefined;
    default:
      return undefined;
  }
}
