import { placeholders } from './placeholders.js';
import type { Columns, Driver, Parameters, RawConnection } from './driver.js';
import { cancelStatement } from './postgres-cancel.js';

/** Sends statements to PostgreSQL. They have no names, since a pooler in between may not support named statements. */
export class PostgresDriver implements Driver {
  readonly #bind = placeholders((position) => `$${position}`);

  async rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]> {
    return (await this.#send(on as Client, sql, parameters)).rows;
  }

  async count(on: RawConnection, sql: string, parameters: Parameters): Promise<number> {
    return (await this.#send(on as Client, sql, parameters)).rowCount ?? 0;
  }

  cancel(on: RawConnection): boolean {
    return cancelStatement(on);
  }

  #send(client: Client, sql: string, parameters: Parameters): Promise<Result> {
    const { text, values } = this.#bind(sql, parameters);
    return new Promise((resolve, reject) => {
      client.query(text, values, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }
}

interface Result {
  readonly rows: Columns[];
  readonly rowCount: number | null;
}

/** The part of the driver's client that is used here. */
interface Client {
  query(text: string, values: unknown[], done: (error: Error | null, result: Result) => void): void;
}
