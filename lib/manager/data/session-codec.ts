import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SessionDataError, SessionDataTooLargeError } from '../../common/session-error.js';
import { DataSchema } from './schema.js';
import { SessionCipher } from './cipher.js';
import { asciiJson, fromJson, toJson } from './json.js';

/** Bytes of JSON that a schema gets even if `maxDataBytes` is low, since it may drop most of them. */
const MAX_SCHEMA_INPUT_BYTES = 1024 * 1024;

/** How session data is stored. */
export interface CodecOptions {
  readonly maxDataBytes: number;
  /** Decrypts data that is encrypted. */
  readonly cipher: SessionCipher | undefined;
  /** Whether data is encrypted by the cipher, or stored as plain JSON. */
  readonly encrypts: boolean;
  readonly schema: StandardSchemaV1 | undefined;
}

/** Session data that can be stored. */
export interface EncodedData {
  readonly json: string;
  /** Returns the data as a read returns it, not as it was given: a `toJSON()` or a getter can make the two differ. */
  readonly read: () => unknown;
}

/** Turns session data into the text that is stored, and back. */
export class SessionCodec {
  readonly #options: CodecOptions;
  readonly #schema: DataSchema | undefined;

  /** @param warn gets the first mistake of the schema itself */
  constructor(options: CodecOptions, warn: (warning: string) => void) {
    this.#options = options;
    this.#schema = options.schema && new DataSchema(options.schema, warn);
  }

  /** @throws SessionDataError, SessionDataTooLargeError */
  encode(given: unknown): EncodedData {
    const { maxDataBytes } = this.#options;
    const encoded = this.#fit(given);
    const bytes = Buffer.byteLength(encoded.json);
    if (bytes > maxDataBytes) {
      throw new SessionDataTooLargeError(
        `The session data is ${bytes} bytes of JSON; maxDataBytes allows ${maxDataBytes}. ` +
          'Keep large data in your own table and its id in the session.',
      );
    }
    return encoded;
  }

  /**
   * Returns data as JSON would return it, so that it can be merged with other data before the schema sees it.
   *
   * @throws SessionDataError, SessionDataTooLargeError
   */
  plain(given: unknown): unknown {
    return fromJson(
      toJson(given, Math.max(2 * this.#options.maxDataBytes, MAX_SCHEMA_INPUT_BYTES)),
    );
  }

  /** Returns the text to store for a session, in ASCII only. */
  seal(sessionId: string, json: string): string {
    const { cipher, encrypts } = this.#options;
    return cipher && encrypts ? cipher.encrypt(sessionId, json) : asciiJson(json);
  }

  /**
   * Returns the data of a session's stored text, which is encrypted, or plain if it was written without encryption.
   *
   * @throws SessionDataError if the text is not what was stored, no key fits, or the schema refuses it
   */
  decode(sessionId: string, stored: string): unknown {
    return this.parse(
      SessionCipher.isEncrypted(stored) ? this.#decrypt(sessionId, stored) : stored,
    );
  }

  /** Returns the data of a JSON text, as a read returns it. */
  parse(json: string): unknown {
    const data = fromJson(json);
    return this.#schema ? this.#schema.parse('The stored data of this session', data) : data;
  }

  /** Returns the text to store for a secret of a session that is not its data. */
  sealSecret(sessionId: string, secret: string): string {
    const { cipher, encrypts } = this.#options;
    return cipher && encrypts ? cipher.encrypt(`${sessionId} device`, secret) : secret;
  }

  /** @throws SessionDataError if the text is not what was stored, or no key fits */
  openSecret(sessionId: string, stored: string): string {
    return SessionCipher.isEncrypted(stored)
      ? this.#decrypt(`${sessionId} device`, stored)
      : stored;
  }

  #decrypt(sessionId: string, stored: string): string {
    const { cipher } = this.#options;
    if (!cipher) {
      throw new SessionDataError(
        'The data of this session is encrypted, but `encryptionKeys` is not set, so the data was not used. Set the keys.',
      );
    }
    return cipher.decrypt(sessionId, stored);
  }

  /**
   * Returns the JSON to store: of the data, or of the schema's output if there is a schema. The schema must be able to
   * read that JSON again, into new objects.
   */
  #fit(given: unknown): EncodedData {
    // Up to this size the error can name the number of bytes.
    const maxBytes = 2 * this.#options.maxDataBytes;
    if (!this.#schema) {
      const json = toJson(given, maxBytes);
      return { json, read: () => fromJson(json) };
    }
    const givenJson = toJson(given, Math.max(maxBytes, MAX_SCHEMA_INPUT_BYTES));
    const json = toJson(this.#schema.parse('The session data', fromJson(givenJson)), maxBytes);
    const what = "The schema's output for the session data";
    const data = this.#schema.parse(what, fromJson(json));
    return { json, read: () => data };
  }
}
