import { Sequelize } from 'sequelize';

/** Gets each statement that is handed to the driver. A promise that it returns delays the response. */
export type StatementListener = (text: string, values: unknown) => Promise<void> | void;

type Method = (...given: unknown[]) => unknown;
type Tell = (text: string, values: unknown) => Promise<void>[];
type Tappable = Record<string, Method | undefined>;

const listenersOf = new WeakMap<Sequelize, Set<StatementListener>>();

// From the first connection on: a statement that was prepared before would be missed.
Sequelize.addHook('afterInit', 'statement tap', (sequelize: Sequelize) => {
  const listeners = new Set<StatementListener>();
  listenersOf.set(sequelize, listeners);
  tapConnections(sequelize, listeners);
});

/**
 * Listens to all statements that a connection's driver gets, from Sequelize or the library. The function that it returns
 * ends this.
 */
export function listenToStatements(sequelize: Sequelize, listener: StatementListener): () => void {
  const listeners = listenersOf.get(sequelize)!;
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * Returns the SQL of every statement that a connection's driver gets while `work` runs, except the question which connection
 * it is. MySQL gets it once on each connection, so it depends on how many connections the pool has opened.
 */
export async function statementsOf(
  sequelize: Sequelize,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const statements: string[] = [];
  const stop = listenToStatements(sequelize, (text) => void statements.push(text));
  try {
    await work();
    return statements.filter((text) => !text.startsWith('SELECT CONNECTION_ID() '));
  } finally {
    stop();
  }
}

function tapConnections({ connectionManager }: Sequelize, listeners: Set<StatementListener>): void {
  const tapped = new WeakSet<object>();
  const tell: Tell = (text, values) =>
    [...listeners].map((listener) => listener(text, values)).filter(isPromise);
  const getConnection = connectionManager.getConnection.bind(connectionManager);
  connectionManager.getConnection = async (options) => {
    const connection = await getConnection(options);
    if (!tapped.has(connection)) {
      tapped.add(connection);
      tapConnection(connection as unknown as Tappable, tell);
    }
    return connection;
  };
}

function tapConnection(connection: Tappable, tell: Tell): void {
  for (const name of ['query', 'execute', 'all', 'run']) {
    wrap(connection, name, (text, values) => tell(textOf(text), values));
  }
  const { prepare } = connection;
  // Only the driver of MariaDB has `batch`.
  if (prepare && connection['batch']) {
    connection['prepare'] = async function (this: unknown, text) {
      const statement = (await (prepare.call(this, text) as Promise<Tappable>).catch(
        (error: unknown) => {
          void tell(textOf(text), undefined);
          throw error;
        },
      )) as Tappable;
      wrap(statement, 'execute', (values) => tell(textOf(text), values));
      return statement;
    };
  }
  // Only for SQLite: mysql2 and pg prepare within one call.
  if (prepare && connection['all']) {
    connection['prepare'] = function (this: unknown, text, prepared) {
      const statement = prepare.call(this, text, (error: unknown) => {
        if (error) {
          void tell(textOf(text), undefined);
        }
        (prepared as Method)(error);
      }) as Tappable;
      for (const name of ['all', 'run']) {
        wrap(statement, name, (values) => tell(textOf(text), values));
      }
      return statement;
    };
  }
}

/**
 * Calls `before` ahead of a method that returns a promise or takes a callback. Delays the result for the promises of
 * `before`.
 */
function wrap(
  target: Tappable,
  name: string,
  before: (...given: unknown[]) => Promise<void>[],
): void {
  const original = target[name];
  if (original) {
    target[name] = function (this: unknown, ...given) {
      const holds = before(...given);
      if (holds.length === 0) {
        return original.apply(this, given);
      }
      const done = given.at(-1);
      if (typeof done !== 'function') {
        return Promise.all([original.apply(this, given), ...holds]).then(([answer]) => answer);
      }
      return original.apply(this, [
        ...given.slice(0, -1),
        function (this: unknown, ...answer: unknown[]) {
          void Promise.all(holds).then(() => done.apply(this, answer));
        },
      ]);
    };
  }
}

function isPromise(value: Promise<void> | void): value is Promise<void> {
  return value instanceof Promise;
}

/** Returns a statement without the settings that MariaDB gets with each, and without PostgreSQL's comment for pgpool-II. */
function textOf(query: unknown): string {
  const { text, sql } = Object(query) as { text?: string; sql?: string };
  const sent = typeof query === 'string' ? query : (text ?? sql ?? '');
  return sent.replace(/^(?:SET STATEMENT [\w=., ]+? FOR |\/\*NO LOAD BALANCE\*\/ )/, '');
}
