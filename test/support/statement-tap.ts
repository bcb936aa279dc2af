import { Sequelize } from 'sequelize';

/** Told of each statement as it is handed to the driver. */
export type StatementListener = (text: string, values: unknown) => void;

type Method = (...given: unknown[]) => unknown;
type Tappable = Record<string, Method | undefined>;

const listenersOf = new WeakMap<Sequelize, Set<StatementListener>>();

// From the first connection on: a statement that was prepared before would pass unheard.
Sequelize.addHook('afterInit', 'statement tap', (sequelize: Sequelize) => {
  const listeners = new Set<StatementListener>();
  listenersOf.set(sequelize, listeners);
  tapConnections(sequelize, listeners);
});

/**
 * Listens to the statements that a connection's driver is given, whoever gives them, Sequelize or the library; until the
 * function that it returns is called.
 */
export function listenToStatements(sequelize: Sequelize, listener: StatementListener): () => void {
  const listeners = listenersOf.get(sequelize)!;
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The text of every statement that a connection's driver is given while `work` runs. */
export async function statementsOf(
  sequelize: Sequelize,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const statements: string[] = [];
  const stop = listenToStatements(sequelize, (text) => statements.push(text));
  try {
    await work();
    return statements;
  } finally {
    stop();
  }
}

function tapConnections({ connectionManager }: Sequelize, listeners: Set<StatementListener>): void {
  const tapped = new WeakSet<object>();
  const tell: StatementListener = (text, values) =>
    listeners.forEach((listener) => listener(text, values));
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

function tapConnection(connection: Tappable, tell: StatementListener): void {
  for (const name of ['query', 'execute', 'all', 'run']) {
    wrap(connection, name, (text, values) => tell(textOf(text), values));
  }
  // SQLite's: the others' drivers prepare within execute().
  const { prepare } = connection;
  if (prepare && connection['all']) {
    connection['prepare'] = function (this: unknown, text, ...rest) {
      const statement = prepare.call(this, text, ...rest) as Tappable;
      for (const name of ['all', 'run']) {
        wrap(statement, name, (values) => tell(textOf(text), values));
      }
      return statement;
    };
  }
}

function wrap(target: Tappable, name: string, before: Method): void {
  const original = target[name];
  if (original) {
    target[name] = function (this: unknown, ...given) {
      before(...given);
      return original.apply(this, given);
    };
  }
}

function textOf(query: unknown): string {
  const { text, sql } = Object(query) as { text?: string; sql?: string };
  return typeof query === 'string' ? query : (text ?? sql ?? '');
}
