import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkInteger, invalidOption } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { isSchema } from './schema.js';
import { encryptionKey, SessionCipher } from './cipher.js';
import type { CodecOptions } from './session-codec.js';

/** What session data may be, and how it is kept. */
export interface DataOptions<T = any> {
  /**
   * The most that the data of one session may take as JSON, in bytes; at most 1,048,576.
   *
   * @default 65_536 (64 KiB)
   */
  readonly maxDataBytes?: number | undefined;

  /**
   * Keys that the data is encrypted with at rest (AES-256-GCM): the first encrypts, all decrypt, so a new one goes in
   * front and an old one stays as long as sessions of it live. Each is 32 random bytes, or a text of them in base64,
   * base64url or hex. Rows from before there were keys are read, and encrypted when their data is next written.
   *
   * @default none: plain JSON
   */
  readonly encryptionKeys?: readonly (string | Uint8Array)[] | undefined;

  /**
   * A schema that all data must fit (Standard Schema: zod, valibot, arktype, …), when it is written and when it is read;
   * what it makes of the data is what is stored and given. It sees the data as JSON has it, and must answer at once. No two
   * sessions share an object of what it returns: that is copied, and what can't be copied must be new for each parse.
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

/** No message shows what was given: it may be most of a key. */
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
        `encryptionKeys[${index}] must be 32 random bytes, or a text of them in base64, base64url or hex. Make one by: ` +
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
      'a Standard Schema, as zod, valibot and arktype make them',
    );
  }
  return schema;
}
