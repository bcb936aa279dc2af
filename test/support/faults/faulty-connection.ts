import type { Sequelize } from 'sequelize';

/** When a call fails: before it reaches the database, after it was applied, or together with all later ones. */
export const FAULTS = ['never sent', 'applied, its answer lost', 'away from then on'] as const;
export type Fault = (typeof FAULTS)[number];

/** An application's connection whose calls can be made to fail. */
export interface FaultyConnection {
  /** Number of calls since the last fault was set. */
  readonly calls: () => number;
  /** Makes the call of this number fail, counted from now, starting at 1; 0 for none. */
  readonly failAt: (number: number, fault: Fault) => void;
}

/** Intercepts every statement that the library or Sequelize sends to the driver. */
export function faultyConnection(sequelize: Sequelize): FaultyConnection {
  let calls = 0;
  let failing = 0;
  let fault: Fault = 'never sent';
  const failed = new WeakSet<object>();

  const faulty = (send: Send): Send =>
    function (...given) {
      const number = ++calls;
      const fails = number === failing;
      const isAway = failing > 0 && number >= failing && fault === 'away from then on';
      const done = typeof given.at(-1) === 'function' ? (given.pop() as Done) : undefined;
      if (isAway || (fails && fault === 'never sent')) {
        return done ? setImmediate(done, lost(given[0])) : Promise.reject(lost(given[0]));
      }
      if (fails && fault === 'applied, its answer lost') {
        const loseAnswer = () => done?.(lost(given[0]));
        return done
          ? send.apply(this, [...given, loseAnswer])
          : (send.apply(this, given) as Promise<unknown>).then(() => {
              throw lost(given[0]);
            });
      }
      return send.apply(this, done ? [...given, done] : given);
    };

  /** Only for the driver of MariaDB. */
  const preparingFirst = (prepare: Send): Send =>
    async function (text) {
      const statement = (await prepare.call(this, text)) as Record<string, Send>;
      const execute = statement['execute']!;
      statement['execute'] = faulty((_, ...given) => execute.apply(statement, given)).bind(
        null,
        text,
      );
      return statement;
    };

  /** Only for SQLite: mysql2 and pg prepare within one call. */
  const preparing = (prepare: Send): Send =>
    function (text, prepared) {
      const statement = prepare.call(this, text, prepared) as Record<string, Send>;
      for (const name of ['all', 'run']) {
        const send = statement[name]!;
        statement[name] = faulty((_, ...given) => send.apply(statement, given)).bind(null, text);
      }
      return statement;
    };

  const { connectionManager } = sequelize;
  const getConnection = connectionManager.getConnection.bind(connectionManager);
  connectionManager.getConnection = async (options) => {
    const connection = (await getConnection(options)) as unknown as Record<string, Send>;
    if (!failed.has(connection)) {
      failed.add(connection);
      for (const name of ['query', 'execute', 'all', 'run'].filter((each) => connection[each])) {
        connection[name] = faulty(connection[name]!);
      }
      if (connection['batch']) {
        connection['prepare'] = preparingFirst(connection['prepare']!);
      }
      if (connection['all']) {
        connection['prepare'] = preparing(connection['prepare']!);
      }
    }
    return connection as never;
  };
  return {
    calls: () => calls,
    failAt(number, kind) {
      calls = 0;
      failing = number;
      fault = kind;
    },
  };
}

type Send = (this: unknown, ...given: unknown[]) => unknown;
type Done = (error: Error) => void;

/** The error of a driver whose connection broke; it holds the statement. */
function lost(sql: unknown): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', sql: String(sql) });
}
