import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkBoolean, checkInteger, invalidOption, ownOptions } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { isSchema } from './schema.js';
import { encryptionKey, SessionCipher } from './cipher.js';
import type { CodecOptions } from './session-codec.js';

/**
 * The encryption of session data, if it is turned on or off in several deployments (docs/deploying.md has the steps).
 *
 * @publicApi
 */
export interface EncryptionOptions {
  /**
   * Whether data is encrypted when it is written. `false` decrypts the data that other replicas encrypt, and writes plain
   * JSON.
   *
   * @default true
   */
  readonly encrypt?: boolean | undefined;
  /** The keys, at least one. The first encrypts, all decrypt. */
  readonly keys: readonly (string | Uint8Array)[];
}

/** The limits, encryption and schema of session data. */
export interface DataOptions<T = any> {
  /**
   * Maximum size of the data of one session as JSON, in bytes; at most 1,048,576.
   *
   * @default 65_536 (64 KiB)
   */
  readonly maxDataBytes?: number | undefined;

  /**
   * Keys that encrypt the data at rest (AES-256-GCM). The first encrypts, all decrypt: put a new key in front, and keep
   * an old one as long as its sessions live. Each is 32 random bytes, or a string of them in base64, base64url or hex.
   * Rows with plain data can still be read, and are encrypted when their data is next written. With `{ encrypt: false,
   * keys }` the keys only decrypt, as the first step of turning encryption on, and the last of turning it off.
   *
   * @default none: plain JSON
   */
  readonly encryptionKeys?: readonly (string | Uint8Array)[] | EncryptionOptions | undefined;

  /**
   * A synchronous schema that all data must fit (Standard Schema: zod, valibot, arktype, …), on writes and on reads. The
   * input of the schema is the data as read from JSON. The output of the schema is stored and returned. The library
   * copies the output, so that no two sessions share an object. If an object can't be copied, the schema must create it
   * anew for each parse.
   *
   * @default none
   */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
}

export const DATA_OPTION_NAMES = [
  'maxDataBytes',
  'encryptionKeys',
  'schema',
] as const satisfies readonly (keyof DataOptions)[];

/** @throws SessionsConfigurationError */
export function resolveDataOptions({
  maxDataBytes = 64 * 1024,
  encryptionKeys,
  schema,
}: DataOptions): CodecOptions {
  return {
    maxDataBytes: checkInteger('maxDataBytes', maxDataBytes, 2, 1024 * 1024),
    ...resolveEncryption(encryptionKeys),
    schema: resolveSchema(schema),
  };
}

function resolveEncryption(given: unknown): Pick<CodecOptions, 'cipher' | 'encrypts'> {
  if (given === undefined) {
    return { cipher: undefined, encrypts: false };
  }
  if (!isEncryptionOptions(given)) {
    return { cipher: resolveCipher('encryptionKeys', given), encrypts: true };
  }
  const { encrypt = true, keys } = ownOptions('encryptionKeys', given, ['encrypt', 'keys']);
  return {
    cipher: resolveCipher('encryptionKeys.keys', keys),
    encrypts: checkBoolean('encryptionKeys.encrypt', encrypt),
  };
}

/** Returns whether this is the form with options. A single key as bytes is not. */
function isEncryptionOptions(given: unknown): given is EncryptionOptions {
  return (
    typeof given === 'object' &&
    given !== null &&
    !Array.isArray(given) &&
    !ArrayBuffer.isView(given)
  );
}

/** Checks the keys. No message shows a value, since it may be most of a key. */
function resolveCipher(option: string, given: unknown): SessionCipher {
  if (!Array.isArray(given) || given.length === 0) {
    throw new SessionsConfigurationError(
      `${option} must be an array of at least one key. Leave out encryptionKeys to store data as plain JSON.`,
    );
  }
  const [first, ...more] = Array.from(given, (value: unknown, index) => {
    const key = encryptionKey(value);
    if (!key) {
      throw new SessionsConfigurationError(
        `${option}[${index}] must be 32 random bytes, or a string of them in base64, base64url or hex. Make one with: ` +
          `node -p "crypto.randomBytes(32).toString('base64url')"`,
      );
    }
    return key;
  });
  return new SessionCipher([first!, ...more]);
}

function resolveSchema(schema: unknown): StandardSchemaV1 | undefined {
  if (schema !== undefined && !isSchema(schema)) {
    throw invalidOption(
      'schema',
      schema,
      'a Standard Schema, such as one of zod, valibot or arktype',
    );
  }
  return schema;
}
