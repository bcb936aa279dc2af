import { types } from 'node:util';
import { isDroppedPromise } from '../../common/async/dropped-promise.js';
import { SessionDataError, SessionDataTooLargeError } from '../../common/session-error.js';
import { shownProperty } from './property-name.js';

/** Maximum nesting of arrays and objects in session data. Without a limit, JSON could exhaust the stack of its readers. */
const MAX_DEPTH = 100;

/**
 * Returns session data as JSON; `undefined` becomes `null`.
 *
 * @throws SessionDataError for a value that JSON would silently lose, or can't hold
 * @throws SessionDataTooLargeError as soon as the JSON is certain to take more than `maxBytes`
 */
export function toJson(data: unknown, maxBytes: number): string {
  const json = stringify(data, maxBytes);
  if (isDeeperThan(MAX_DEPTH, json)) {
    throw tooDeep();
  }
  return json;
}

function tooDeep(): SessionDataError {
  return new SessionDataError(
    `The session data is nested more than ${MAX_DEPTH} levels deep. ` +
      'Store a flatter structure, or only the id of a row in your own table.',
  );
}

/** @throws SessionDataError if the text is not JSON, or is nested deeper than `toJson` allows */
export function fromJson(text: string): unknown {
  try {
    if (!isDeeperThan(MAX_DEPTH, text)) {
      return JSON.parse(text);
    }
  } catch {
    // The error is the same as for text that is too deep.
  }
  throw new SessionDataError(
    'The stored data of this session is damaged and was not used. End the session, so that its user can log in again.',
  );
}

/**
 * Returns the same JSON in ASCII, with other characters as `\uXXXX` (RFC 8259, section 7), so that no charset on the
 * way to the database can change it. It is written to a buffer, since `replace` takes many times as long.
 */
export function asciiJson(json: string): string {
  if (!/[\u0080-\uffff]/.test(json)) {
    return json;
  }
  const escaped = Buffer.allocUnsafe(json.length * 6);
  let length = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit < 0x80) {
      escaped[length++] = unit;
      continue;
    }
    escaped[length++] = BACKSLASH;
    escaped[length++] = LETTER_U;
    for (let shift = 12; shift >= 0; shift -= 4) {
      escaped[length++] = HEX_DIGITS.charCodeAt((unit >> shift) & 0xf);
    }
  }
  return escaped.toString('latin1', 0, length);
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const HEX_DIGITS = '0123456789abcdef';

function stringify(data: unknown, maxBytes: number): string {
  try {
    // A toJSON() of the data itself may return nothing.
    return JSON.stringify(data ?? null, refusingReplacer(maxBytes)) ?? 'null';
  } catch (error) {
    if (error instanceof SessionDataError || error instanceof SessionDataTooLargeError) {
      throw error;
    }
    if (error instanceof RangeError) {
      // The stack was exhausted first.
      throw tooDeep();
    }
    throw new SessionDataError(
      "The session data can't be stored as JSON: it refers to itself, or one of its toJSON() methods or getters threw.",
    );
  }
}

function isDeeperThan(max: number, json: string): boolean {
  if (!hasMoreOpened(max, json)) {
    return false;
  }
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length && depth <= max; at++) {
    const character = json[at]!;
    if (character === '"') {
      inText = !inText;
    } else if (inText) {
      if (character === '\\') {
        at++;
      }
    } else if (character === '[' || character === '{') {
      depth++;
    } else if (character === ']' || character === '}') {
      depth--;
    }
  }
  return depth > max;
}

/**
 * Returns whether the JSON has more than `max` opening brackets, including brackets in strings. This fast check is
 * enough for most data, which has few brackets.
 */
function hasMoreOpened(max: number, json: string): boolean {
  let opened = 0;
  for (const mark of ['{', '[']) {
    for (let at = json.indexOf(mark); at >= 0 && opened <= max; at = json.indexOf(mark, at + 1)) {
      opened++;
    }
  }
  return opened > max;
}

/**
 * Returns a replacer that refuses values that JSON loses, and data that is too large before all of its JSON is made.
 */
function refusingReplacer(
  maxBytes: number,
): (this: Record<string, unknown>, key: string, value: unknown) => unknown {
  // The data as a whole has no comma after it.
  let bytes = -1;
  let leftOut = 0;
  let whole: unknown;
  let topLevel: string | undefined;
  return function (key, value) {
    if (bytes < 0) {
      whole = value;
    } else if (this === whole) {
      topLevel = key;
    }
    if (Array.isArray(this)) {
      bytes += minBytes(value);
    } else if (value !== undefined) {
      bytes += key.length + minBytes(value);
    } else if (++leftOut > maxBytes) {
      throw new SessionDataTooLargeError(
        `The session data has more than ${maxBytes} properties that are undefined. Leave them out.`,
      );
    }
    // The elements of an array are counted one by one, but a long sparse array is refused by its length alone.
    if (bytes + (Array.isArray(value) ? 2 * value.length : 0) > maxBytes) {
      throw new SessionDataTooLargeError(
        `The session data is more than ${maxBytes} bytes of JSON, at least twice what maxDataBytes allows. ` +
          'Keep large data in your own table and its id in the session.',
      );
    }
    refuseWhatJsonLoses(this, key, value, topLevel);
    return value;
  };
}

/**
 * Returns the minimum of bytes that a value adds to the JSON around it: a character and a comma, or a string with its
 * quotes.
 */
function minBytes(value: unknown): number {
  return typeof value === 'string' || value instanceof String ? value.length + 2 : 2;
}

/** Refuses values that JSON silently drops or turns into `null` or `{}`, since a read would not return them. */
function refuseWhatJsonLoses(
  parent: Record<string, unknown>,
  key: string,
  value: unknown,
  topLevel: string | undefined,
): void {
  const kind = lostKind(value) ?? kindBeforeJson(parent[key]);
  if (kind !== undefined) {
    handleRejections([value, ...Object.values(parent)]);
    const property = shownProperty(topLevel);
    const place =
      topLevel === undefined
        ? 'it'
        : `a value ${property ? `in its property ${property}` : 'in it'}`;
    throw new SessionDataError(`The session data can't be stored as JSON: ${place} is ${kind}.`);
  }
}

/** Handles the rejections of refused promises and of those beside them, which nothing else handles. */
function handleRejections(values: readonly unknown[]): void {
  values.filter(types.isPromise).forEach(isDroppedPromise);
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

const BINARY = 'binary (store it as a base64 string)';

const LOST_OBJECTS: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['a Map or Set (store an array)', (value) => types.isMap(value) || types.isSet(value)],
  ['a BigInt (store it as a string)', types.isBigIntObject],
  ['a RegExp', types.isRegExp],
  ['an Error', types.isNativeError],
  ['a promise (await it first)', types.isPromise],
  ['a WeakMap or WeakSet', (value) => types.isWeakMap(value) || types.isWeakSet(value)],
  [BINARY, isBinary],
];

function isBinary(value: unknown): boolean {
  return types.isArrayBufferView(value) || types.isAnyArrayBuffer(value);
}

/** Returns the kind of a value that its toJSON() has hidden: an invalid date becomes `null`, a `Buffer` an object. */
function kindBeforeJson(value: unknown): string | undefined {
  if (types.isDate(value) && Number.isNaN(value.getTime())) {
    return 'an invalid Date';
  }
  return isBinary(value) ? BINARY : undefined;
}
