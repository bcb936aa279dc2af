import { setTimeout as pause } from 'node:timers/promises';
import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionStoreError } from '../common/session-error.js';
import { isUndone, storeError } from './store-error.js';
import { withDeadline } from './deadline.js';

/**
 * What every statement of this library is sent with: outside the application's own transactions (`Sequelize.useCLS`
 * would roll an acknowledged logout back), to the primary (a replica serves sessions that are gone), never sent twice by
 * Sequelize (a write that was applied before its connection broke would be applied again), and never logged.
 */
export const STATEMENT_OPTIONS = {
  transaction: null,
  useMaster: true,
  retry: { max: 1 },
  logging: false,
} as const;

/** Values of a statement's `$name` parameters. */
export type Parameters = Record<string, string | number | null | readonly string[]>;

/** Sends single statements, each within one deadline; fails with `SessionStoreError` and nothing else. */
export class Statements {
  readonly #sequelize: Sequelize;
  readonly #timeout: number;
  #closed = false;

  constructor(sequelize: Sequelize, timeout: number) {
    this.#sequelize = sequelize;
    this.#timeout = timeout;
  }

  /** The rows of a SELECT, which is sent once more where the first try failed. */
  async select(sql: string, parameters: Parameters): Promise<Record<string, unknown>[]> {
    return this.#send(async (canRetry) => {
      const options = { ...STATEMENT_OPTIONS, bind: parameters, type: QueryTypes.SELECT } as const;
      try {
        return await this.#sequelize.query(sql, options);
      } catch (error) {
        if (!canRetry()) {
          throw error;
        }
        return await this.#sequelize.query(sql, options);
      }
    });
  }

  /** How many rows an INSERT, UPDATE or DELETE touched; sent again only where the database says that it undid it. */
  async change(sql: string, parameters: Parameters): Promise<number> {
    return this.#send(async (canRetry) => {
      // A fresh object each time, since Sequelize fills in the one it gets; BULKUPDATE is the type that counts rows.
      const send = () =>
        this.#sequelize.query(sql, {
          ...STATEMENT_OPTIONS,
          bind: parameters,
          type: QueryTypes.BULKUPDATE,
        });
      for (;;) {
        try {
          return await send();
        } catch (error) {
          if (!isUndone(error) || !canRetry()) {
            throw error;
          }
          await pause(5 + Math.random() * 20);
        }
      }
    });
  }

  /** Refuses every later statement. */
  close(): void {
    this.#closed = true;
  }

  async #send<Result>(work: (canRetry: () => boolean) => Promise<Result>): Promise<Result> {
    if (this.#closed) {
      throw new SessionStoreError('The session store is closed.');
    }
    return withDeadline(this.#timeout, async (canRetry) => {
      try {
        return await work(canRetry);
      } catch (error) {
        throw storeError(error);
      }
    });
  }
}
