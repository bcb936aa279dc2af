import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkInteger, invalidOption } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { isSchema } from './schema.js';
import { encryptionKey, SessionCipher } from './cipher.js';
import type { CodecOptions } from './session-codec.js';

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
   * Rows with plain data can still be read, and are encrypted when their data is next written.
   *
   * @default none: plain JSON
   */
  readonly encryptionKeys?: readonly (string | Uint8Array)[] | undefined;

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
    cipher: resolveCipher(encryptionKeys),
    schema: resolveSchema(schema),
  };
}

/** Checks the keys. No message shows a value, since it may be most of a key. */
function resolveCipher(given: readonly unknown[] | undefined): SessionCipher | undefined {
  if (given === undefined) {
    return undefined;
  }
  if (!Array.isArray(given) || given.length === 0) {
    throw new SessionsConfigurationError(
      'encryptionKeys must be an array of at least one key. Leave it out to store data as plain JSON.',
    );
  }
  const [first, ...more] = Array.from(given, (value: unknown, index) => {
    const key = encryptionKey(value);
    if (!key) {
      throw new SessionsConfigurationError(
        `encryptionKeys[${index}] must be 32 random bytes, or a string of them in base64, base64url or hex. Make one with: ` +
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
