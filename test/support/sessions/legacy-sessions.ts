import { randomUUID } from 'node:crypto';
import type { SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { legacyCredential } from '../../../lib/manager/token/legacy-token.js';

/** The place of sessions, to add one as the import of an old table does. */
export interface ImportTarget<T> {
  readonly manager: SessionManager<T>;
  readonly sequelize: Sequelize;
  readonly tableName: string;
}

/** A session with the token that `server-sessions` gave it, and its public id. */
export interface LegacySession {
  readonly token: string;
  readonly id: string;
}

/** Adds a session whose row is like that of an imported one. */
export async function importSession<T>(
  { manager, sequelize, tableName }: ImportTarget<T>,
  data: T,
  token: string = randomUUID(),
): Promise<LegacySession> {
  const [created] = (await manager.createSession(data)).split('.');
  const { id, secretHash } = legacyCredential(token)!;
  await sequelize.query(
    `UPDATE ${tableName} SET id = '${id}', secret_hash = '${secretHash}' WHERE id = '${created}'`,
  );
  return { token, id };
}
