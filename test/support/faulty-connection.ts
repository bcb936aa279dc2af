import { DatabaseError, type Sequelize } from 'sequelize';

/** When the call that fails does so: before it reaches the database, after it was applied, or as all that follow. */
export const FAULTS = ['never sent', 'applied, its answer lost', 'away from then on'] as const;
export type Fault = (typeof FAULTS)[number];

/** An application's connection whose calls can be made to fail. */
export interface FaultyConnection {
  /** How many calls there were since the last fault was set. */
  readonly calls: () => number;
  /** Makes the call of this number fail, counted from 1 and from now; 0 for none. */
  readonly failAt: (number: number, fault: Fault) => void;
}

/** Stands between the library and the database: every statement, and every connection that is asked for by itself. */
export function faultyConnection(sequelize: Sequelize): FaultyConnection {
  let calls = 0;
  let failing = 0;
  let fault: Fault = 'never sent';

  const wrapped =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      const number = ++calls;
      const fails = number === failing;
      if ((fails && fault === 'never sent') || (number >= failing && failing > 0 && isAway())) {
        throw lost(given[0]);
      }
      const result = await call(...given);
      if (fails && fault === 'applied, its answer lost') {
        throw lost(given[0]);
      }
      return result;
    };
  const isAway = () => fault === 'away from then on';

  sequelize.query = wrapped(sequelize.query.bind(sequelize) as never) as never;
  return {
    calls: () => calls,
    failAt(number, kind) {
      calls = 0;
      failing = number;
      fault = kind;
    },
  };
}

/** What a driver tells of a connection that broke, with the statement, as Sequelize has it. */
function lost(sql: unknown): DatabaseError {
  const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  return new DatabaseError(Object.assign(broken, { sql: String(sql) }) as never);
}
