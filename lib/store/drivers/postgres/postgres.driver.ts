import { placeholders } from '../placeholders.js';
import type { Columns, Driver, Parameters, RawConnection } from '../driver.js';
import { cancelStatement } from './postgres-cancel.js';

/** Tells pgpool-II not to send a SELECT to a replica, which can lack a session that was created, or still have one that ended. */
const TO_PRIMARY = '/*NO LOAD BALANCE*/ ';

/** Sends statements to PostgreSQL. They have no names, since a pooler in between may not support named statements. */
export class PostgresDriver implements Driver {
  readonly #bind = placeholders((position) => `$${position}`);

  async rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]> {
    return (await this.#send(on as Client, sql, parameters)).rows;
  }

  async count(on: RawConnection, sql: string, parameters: Parameters): Promise<number> {
    return (await this.#send(on as Client, sql, parameters)).rowCount ?? 0;
  }

  /** Older clients of `pg` have no pipeline, and those of `pg-native` no stream. */
  pipeline(on: RawConnection): (() => void) | undefined {
    const client = on as Client;
    const { pipeline, connection } = client;
    if (pipeline === undefined || connection === undefined) {
      return undefined;
    }
    client.pipeline = true;
    // All in one packet: a proxy that waits for the receipt of each small one would add 40 ms.
    const { stream } = connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    return () => {
      client.pipeline = pipeline;
    };
  }

  cancel(on: RawConnection): boolean {
    return cancelStatement(on);
  }

  #send(client: Client, sql: string, parameters: Parameters): Promise<Result> {
    const { text, values } = this.#bind(sql, parameters);
    const routed = text.startsWith('SELECT') ? `${TO_PRIMARY}${text}` : text;
    // With an empty array, `pg-native` would send several statements by the protocol that takes only one.
    const given = values.length > 0 ? values : undefined;
    return new Promise((resolve, reject) => {
      client.query(routed, given, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }
}

interface Result {
  readonly rows: Columns[];
  readonly rowCount: number | null;
}

/** The part of the driver's client that is used here. */
interface Client {
  /** Whether statements are sent at once. May change while the client waits for no response. */
  pipeline?: boolean;
  readonly connection?: { readonly stream: { cork(): void; uncork(): void } };
  query(
    text: string,
    values: unknown[] | undefined,
    done: (error: Error | null, result: Result) => void,
  ): void;
}
