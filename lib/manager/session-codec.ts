import { types } from 'node:util';
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
    // A toJSON() of the data itself may return nothing.
    return JSON.stringify(data ?? null, refuseWhatJsonLoses) ?? 'null';
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
function refuseWhatJsonLoses(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const kind = lostKind(value) ?? (isInvalidDate(this[key]) ? 'an invalid Date' : undefined);
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
      return LOST_OBJECTS.find(([, is]) => is(value))?.[0];
    default:
      return undefined;
  }
}

const LOST_OBJECTS: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['a Map or Set (store an array)', (value) => types.isMap(value) || types.isSet(value)],
  ['a BigInt (store it as a string)', types.isBigIntObject],
  ['a RegExp', types.isRegExp],
  ['an Error', types.isNativeError],
  ['a promise (await it first)', types.isPromise],
  ['a WeakMap or WeakSet', (value) => types.isWeakMap(value) || types.isWeakSet(value)],
  ['binary (store it as a base64 string)', isBinary],
];

function isBinary(value: unknown): boolean {
  return types.isArrayBufferView(value) || types.isAnyArrayBuffer(value);
}

/** Its toJSON() gives `null`. */
function isInvalidDate(value: unknown): boolean {
  return types.isDate(value) && Number.isNaN(value.getTime());
}
