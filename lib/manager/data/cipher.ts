import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { SessionDataError } from '../../common/session-error.js';

/** The prefix of encrypted data: the format's version. No JSON text begins with it. */
const FORMAT = 'enc1';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A configured key with the name by which rows refer to it. */
interface NamedKey {
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * Encrypts session data at rest: `enc1.<key id>.<nonce, ciphertext and tag in base64url>`, by AES-256-GCM (NIST SP
 * 800-38D). Each session has its own key, derived from the configured one. So the number of texts that one key encrypts
 * stays far below 2^32, the limit of NIST for random nonces. Format, key and session are authenticated with the data, so
 * that it is valid in no other row.
 */
export class SessionCipher {
  readonly #first: NamedKey;
  readonly #keys: ReadonlyMap<string, NamedKey>;

  /** @param keys of 32 bytes each: the first encrypts, all decrypt */
  constructor(keys: readonly [KeyObject, ...KeyObject[]]) {
    const named = keys.map((key) => ({ id: keyId(key), key }));
    this.#first = named[0]!;
    this.#keys = new Map(named.map((each) => [each.id, each]));
  }

  /** Returns whether a stored text is encrypted. */
  static isEncrypted(stored: string): boolean {
    return stored.startsWith(`${FORMAT}.`);
  }

  encrypt(sessionId: string, text: string): string {
    const header = `${FORMAT}.${this.#first.id}`;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, sessionKey(this.#first.key, sessionId), nonce, {
      authTagLength: TAG_BYTES,
    }).setAAD(additionalData(header, sessionId));
    const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `${header}.${Buffer.concat(parts).toString('base64url')}`;
  }

  /** @throws SessionDataError if no key fits, or the text was changed or belongs to another session */
  decrypt(sessionId: string, stored: string): string {
    const [format, id = '', payload = ''] = stored.split('.');
    const known = this.#keys.get(id);
    if (!known) {
      throw new SessionDataError(
        'The data of this session is encrypted with a key that is not in `encryptionKeys`, so it was not used. Add that key.',
      );
    }
    const bytes = Buffer.from(payload, 'base64url');
    // Base64url has several texts for the same bytes.
    if (`${format}.${id}.${bytes.toString('base64url')}` !== stored) {
      throw changedError();
    }
    try {
      const decipher = createDecipheriv(
        ALGORITHM,
        sessionKey(known.key, sessionId),
        bytes.subarray(0, NONCE_BYTES),
        { authTagLength: TAG_BYTES },
      )
        .setAAD(additionalData(`${format}.${id}`, sessionId))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    } catch {
      throw changedError();
    }
  }
}

function changedError(): SessionDataError {
  return new SessionDataError(
    'The encrypted data of this session was changed or belongs to another session, so the data was not used. ' +
      'End the session, so that its user can log in again.',
  );
}

/** Returns the key of 32 bytes, or of a string of them in base64, base64url or hex; `undefined` for anything else. */
export function encryptionKey(value: unknown): KeyObject | undefined {
  const bytes = value instanceof Uint8Array ? value : bytesOf(value);
  return bytes?.length === 32 ? createSecretKey(bytes) : undefined;
}

function bytesOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') {
    return undefined;
  }
  if (/^[\da-f]{64}$/i.test(text)) {
    return Buffer.from(text, 'hex');
  }
  return /^(?:[\w-]{43}|[A-Za-z\d+/]{43}=)$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** Returns an id that reveals nothing of the key. */
function keyId(key: KeyObject): string {
  return createHmac('sha256', key).update('key id').digest('base64url').slice(0, 8);
}

function sessionKey(key: KeyObject, sessionId: string): Buffer {
  return createHmac('sha256', key).update(`session data ${sessionId}`).digest();
}

function additionalData(header: string, sessionId: string): Buffer {
  return Buffer.from(`${header}.${sessionId}`);
}
