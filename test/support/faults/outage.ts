import type { Sequelize } from 'sequelize';

/** Makes every statement on the session table fail until `bringBack`, like an unreachable database. */
export async function takeAway(sequelize: Sequelize): Promise<void> {
  await sequelize.query('ALTER TABLE server_sessions RENAME TO out_of_reach');
}

export async function bringBack(sequelize: Sequelize): Promise<void> {
  await sequelize.query('ALTER TABLE out_of_reach RENAME TO server_sessions');
}

/** Makes statements of one kind fail until `allow`. */
export async function forbid(
  sequelize: Sequelize,
  kind: 'DELETE' | 'INSERT' | 'UPDATE',
): Promise<void> {
  await sequelize.query(
    `CREATE TRIGGER forbidden_${kind} BEFORE ${kind} ON server_sessions ` +
      "BEGIN SELECT RAISE(ABORT, 'forbidden'); END",
  );
}

export async function allow(
  sequelize: Sequelize,
  kind: 'DELETE' | 'INSERT' | 'UPDATE',
): Promise<void> {
  await sequelize.query(`DROP TRIGGER forbidden_${kind}`);
}
