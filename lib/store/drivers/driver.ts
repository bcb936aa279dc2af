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
  /** Returns the rows of a SELECT, or of a statement with RETURNING. */
  rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]>;
  /** Returns how many rows a statement changed. */
  count(on: RawConnection, sql: string, parameters: Parameters): Promise<number>;
  /** Frees what the driver keeps for connections. */
  close?(): Promise<void>;
}

/** A borrowed connection. It sends single statements. */
export class Connection {
  readonly #driver: Driver;
  readonly #raw: RawConnection;

  constructor(driver: Driver, raw: RawConnection) {
    this.#driver = driver;
    this.#raw = raw;
  }

  /** Returns the rows of a SELECT, or of a statement with RETURNING. */
  rows(sql: string, parameters: Parameters = {}): Promise<Columns[]> {
    return this.#driver.rows(this.#raw, sql, parameters);
  }

  /** Returns how many rows a statement changed. */
  count(sql: string, parameters: Parameters = {}): Promise<number> {
    return this.#driver.count(this.#raw, sql, parameters);
  }
}
