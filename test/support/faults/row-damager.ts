import type { Columns, Damage } from './row-damages.js';
import type { TestSessions } from '../databases/databases.js';

/** Damages rows of the session table by SQL. */
export interface Damager {
  by(damage: Damage, token: string): Promise<void>;
}

export type DamagedTable = Pick<TestSessions, 'manager' | 'select' | 'sequelize' | 'tableName'>;

/** @param random returns a number from 0 to 1 */
export function damager(sessions: DamagedTable, random: () => number): Damager {
  const { sequelize, tableName, manager, select } = sessions;
  const below = (limit: number) => Math.floor(random() * limit);
  const rowOf = async (token: string): Promise<Columns> => {
    const id = token.split('.')[0];
    const [row] = await select(`SELECT * FROM ${tableName} WHERE id = '${id}'`);
    return row!;
  };
  return {
    async by(damage, token) {
      const row = await rowOf(token);
      const another = await rowOf(await manager.createSession({ userId: 'eve' }));
      const columns = damage.to(row, another, below);
      const set = Object.keys(columns).map((name) => `${name} = $${name}_now`);
      const bind = Object.entries(columns).map(([name, value]) => [`${name}_now`, value]);
      await sequelize.query(`UPDATE ${tableName} SET ${set.join(', ')} WHERE id = $id_then`, {
        bind: { ...Object.fromEntries(bind), id_then: row['id'] },
      });
    },
  };
}
