import { SessionDataError, SessionDataTooLargeError } from '../common/session-error.js';
import type { DataSchema } from './data-schema.js';
import { SessionCipher } from './session-cipher.js';
import { asciiJson, fromJson, toJson } from './session-json.js';

/** How session data is stored. */
export interface CodecOptions {
  readonly maxDataBytes: number;
  /** `undefined` stores data as plain JSON. */
  readonly cipher: SessionCipher | undefined;
  readonly schema: DataSchema | undefined;
}

/** Session data that is fit to be stored. */
export interface EncodedData {
  readonly json: string;
  /** What was given, or what the schema made of it; `undefined` is `null`. */
  readonly data: unknown;
}

/** Turns session data into the text that is stored, and back. */
export class SessionCodec {
  readonly #options: CodecOptions;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  /** @throws SessionDataError, SessionDataTooLargeError */
  encode(given: unknown): EncodedData {
    const encoded = this.#fit({ json: toJson(given), data: given ?? null });
    const { maxDataBytes } = this.#options;
    const bytes = Buffer.byteLength(encoded.json);
    if (bytes > maxDataBytes) {
      throw new SessionDataTooLargeError(
        `The session data is ${bytes} bytes of JSON; maxDataBytes allows ${maxDataBytes}. ` +
          'Keep large things in a table of your own and their ids in the session.',
      );
    }
    return encoded;
  }

  /** The text that is stored for a session, in ASCII alone. */
  seal(sessionId: string, json: string): string {
    return this.#options.cipher?.encrypt(sessionId, json) ?? asciiJson(json);
  }

  /**
   * The data in a session's stored text: encrypted, or plain from before there were keys.
   *
   * @throws SessionDataError where the text is not what was stored, no key fits, or the schema refuses it
   */
  decode(sessionId: string, stored: string): unknown {
    return this.parse(
      SessionCipher.isEncrypted(stored) ? this.#decrypt(sessionId, stored) : stored,
    );
  }

  /** The data in JSON, as a read gives it. */
  parse(json: string): unknown {
    const data = fromJson(json);
    const { schema } = this.#options;
    return schema ? schema.parse('The stored data of this session', data) : data;
  }

  #decrypt(sessionId: string, stored: string): string {
    const { cipher } = this.#options;
    if (!cipher) {
      throw new SessionDataError(
        'The data of this session is encrypted, and there are no `encryptionKeys`, so it was not used.',
      );
    }
    return cipher.decrypt(sessionId, stored);
  }

  /** What the schema makes of the data; it must be able to read that again. */
  #fit(given: EncodedData): EncodedData {
    const { schema } = this.#options;
    if (!schema) {
      return given;
    }
    const data = schema.parse('The session data', fromJson(given.json));
    const json = toJson(data);
    return json === given.json
      ? { json, data }
      : { json, data: schema.parse('What the schema made of the session data', fromJson(json)) };
  }
}
