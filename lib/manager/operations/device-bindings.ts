import type { SessionCodec } from '../data/session-codec.js';
import { effectiveExpiry, liveNow, type ExpiryRules } from '../expiry/expiry.js';
import { hasEnded, isValidRow, type DeviceBinding } from '../session-row.js';
import type { SessionStore } from '../session-store.js';

/** Binds sessions to the key of a browser. */
export class DeviceBindings {
  readonly #store: SessionStore;
  readonly #codec: SessionCodec;
  readonly #rules: ExpiryRules;

  constructor(store: SessionStore, codec: SessionCodec, rules: ExpiryRules) {
    this.#store = store;
    this.#codec = codec;
    this.#rules = rules;
  }

  /** Returns the columns that bind a live session to a browser; `undefined` if there is no such session. */
  async find(id: string): Promise<DeviceBinding | undefined> {
    const row = await this.#store.find(id);
    const isLive =
      row &&
      isValidRow(row) &&
      !hasEnded(row) &&
      effectiveExpiry(row, this.#rules) > this.#rules.clock.now();
    return isLive ? row : undefined;
  }

  /** Binds a live session to the public key of a browser, once. Returns whether this call bound it. */
  bind(id: string, deviceKey: string): Promise<boolean> {
    return this.#store.bind(id, deviceKey, liveNow(this.#rules));
  }

  /**
   * Returns the secret of a session that can be bound, and `undefined` for others.
   *
   * @throws SessionDataError if it can't be decrypted
   */
  secretOf({ id, deviceSecret }: DeviceBinding): string | undefined {
    return deviceSecret === null ? undefined : this.#codec.openSecret(id, deviceSecret);
  }
}
