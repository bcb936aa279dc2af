import type { TestSessions } from './databases.js';

type Place = Pick<TestSessions<never>, 'sequelize' | 'tableName'>;

const triggerOf = ({ tableName }: Place) => `${tableName}_refusal`;

/** Makes the database refuse each statement that deletes or updates the row with this id. */
export async function refuseRow(
  place: Place,
  statement: 'DELETE' | 'UPDATE',
  id: string,
): Promise<void> {
  const { sequelize, tableName } = place;
  const trigger = triggerOf(place);
  const head = `CREATE TRIGGER ${trigger} BEFORE ${statement} ON ${tableName} FOR EACH ROW`;
  switch (sequelize.getDialect()) {
    case 'postgres':
      await sequelize.query(
        `CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'`,
      );
      await sequelize.query(`${head} WHEN (OLD.id = '${id}') EXECUTE FUNCTION ${trigger}()`);
      break;
    case 'sqlite':
      await sequelize.query(`${head} WHEN OLD.id = '${id}' BEGIN SELECT RAISE(ABORT, 'no'); END`);
      break;
    default:
      await sequelize.query(`${head} IF OLD.id = '${id}' THEN SIGNAL SQLSTATE '45000'; END IF`);
  }
}

/** Ends the refusals of a table. */
export async function allowRows(place: Place): Promise<void> {
  const { sequelize } = place;
  const trigger = triggerOf(place);
  await sequelize.query(
    sequelize.getDialect() === 'postgres'
      ? `DROP FUNCTION IF EXISTS ${trigger} CASCADE`
      : `DROP TRIGGER IF EXISTS ${trigger}`,
  );
}
