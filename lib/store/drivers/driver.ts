/** Values of a statement's `$name` parameters. */
export type Parameters = Record<string, string | number | null>;

/** A statement, or a part of one, with the values of its parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** A row as the driver returns it. */
export type Columns = Record<string, unknown>;

/** A connection of the driver, as Sequelize's pool keeps it. */
export type RawConnection = object;

/**
 * Sends single statements through the driver itself: through Sequelize, each takes several times as long. See
 * docs/adr/0013-statements-go-to-the-driver.md.
 */
export interface Driver {
  /**
   * Returns the rows of a SELECT, or of a statement with RETURNING.
   *
   * @param left milliseconds after which nobody waits for the response; `undefined` for no limit
   */
  rows(on: RawConnection, sql: string, parameters: Parameters, left?: number): Promise<Columns[]>;
  /** Returns how many rows a statement changed. Takes the same parameters. */
  count(on: RawConnection, sql: string, parameters: Parameters, left?: number): Promise<number>;
  /**
   * Lets the statements of a connection be sent without waiting for the responses of those before them.
   *
   * @returns a function that ends this, to call once all of them have responses; `undefined` if the driver can't do it
   */
  pipeline?(on: RawConnection): (() => void) | undefined;
  /**
   * Asks the server to end the statement that runs on a connection. It does not wait, and never fails.
   *
   * @returns whether it sends such a request, which can also reach a later statement of this connection
   */
  cancel?(on: RawConnection): boolean;
  /** Frees what the driver keeps for connections. */
  close?(): Promise<void>;
}

/** The part of a call's deadline that its statements need. */
interface Limit {
  /** Milliseconds until it passes. */
  readonly left: number;
  /** @throws SessionStoreError if it has passed */
  throwIfPassed(): void;
}

/** A borrowed connection. It sends single statements, and after its deadline only those that clean up. */
export class Connection {
  readonly #driver: Driver;
  readonly #raw: RawConnection;
  readonly #limit: Limit | undefined;
  readonly #required: string | undefined;
  #isBroken = false;

  /** @param required a condition of all UPDATEs and DELETEs */
  constructor(driver: Driver, raw: RawConnection, limit?: Limit, required?: string) {
    this.#driver = driver;
    this.#raw = raw;
    this.#limit = limit;
    this.#required = required;
  }

  /** Returns a connection for a part of the same work, whose UPDATEs and DELETEs have this condition too. */
  requiring(condition: string): Connection {
    return new Connection(this.#driver, this.#raw, this.#limit, condition);
  }

  /** Whether it must not be used again, although the work on it succeeded. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Returns the rows of a SELECT, or of a statement with RETURNING. */
  async rows(sql: string, parameters: Parameters = {}): Promise<Columns[]> {
    this.#limit?.throwIfPassed();
    return this.#driver.rows(this.#raw, this.#conditional(sql), parameters, this.#limit?.left);
  }

  /** Returns how many rows a statement changed. */
  async count(sql: string, parameters: Parameters = {}): Promise<number> {
    this.#limit?.throwIfPassed();
    return this.#driver.count(this.#raw, this.#conditional(sql), parameters, this.#limit?.left);
  }

  /**
   * Sends statements in this order, and returns the responses. On PostgreSQL they take one round trip: then the statements
   * after a failed one are sent too, and the first error is thrown once all have responses.
   */
  async together<Response>(sends: readonly (() => Promise<Response>)[]): Promise<Response[]> {
    const responses: Response[] = [];
    const end = sends.length > 1 ? this.#driver.pipeline?.(this.#raw) : undefined;
    if (!end) {
      for (const send of sends) {
        responses.push(await send());
      }
      return responses;
    }
    const settled = await Promise.allSettled(sends.map((send) => send()));
    end();
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
      return outcome.value;
    });
  }

  /** Frees a lock after work that succeeded. If this fails, the work still has succeeded, and the connection is broken. */
  async free(sql: string, parameters: Parameters): Promise<void> {
    await this.cleanUp(sql, parameters).catch(() => {
      this.#isBroken = true;
    });
  }

  /** Ends a transaction without its changes, or frees a lock, even after the deadline. */
  async cleanUp(sql: string, parameters: Parameters = {}): Promise<void> {
    await this.#driver.rows(this.#raw, sql, parameters);
  }

  #conditional(sql: string): string {
    if (this.#required === undefined || !/^(?:UPDATE|DELETE)\b/.test(sql)) {
      return sql;
    }
    const conditional = sql.replace(
      / WHERE (.+?)( RETURNING .+)?$/s,
      (_, condition: string, returning = '') =>
        ` WHERE ${this.#required} AND (${condition})${returning}`,
    );
    if (conditional === sql) {
      throw new Error('A statement without a condition ran where each needs one.');
    }
    return conditional;
  }
}
