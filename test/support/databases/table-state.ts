import type { TestSessions } from './databases.js';

/** A row without its random parts: its id and secret get a name, all else stays. */
type State = Readonly<Record<string, unknown>>;

/** Returns the content of the session table, relative to the rows at the start, so that two runs can be compared. */
export async function stateReader({
  select,
  tableName,
}: Pick<TestSessions, 'select' | 'tableName'>): Promise<() => Promise<State[]>> {
  const rows = async () => select(`SELECT * FROM ${tableName} ORDER BY created_at, id`);
  const first = await rows();
  const names = new Map<unknown, string>();
  first.forEach(({ id, secret_hash }, index) => {
    names.set(id, `id ${index}`);
    names.set(secret_hash, `secret ${index}`);
  });
  const named = (value: unknown) => (value === null ? null : (names.get(value) ?? 'new'));
  return async () =>
    (await rows()).map((row) => ({
      ...row,
      id: named(row['id']),
      secret_hash: named(row['secret_hash']),
      previous_secret_hash: named(row['previous_secret_hash']),
    }));
}
