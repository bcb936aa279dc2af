import { hasGalera } from './galera.js';
import { hasHaProxy } from './haproxy.js';
import { hasPgBouncer } from './pgbouncer.js';
import { hasPgpool } from './pgpool.js';
import { MARIADB } from './mariadb-kind.js';
import { POSTGRES } from './postgres-kind.js';

/** The programs of which topologies are made, and whether each is installed. */
const INSTALLED = {
  PostgreSQL: POSTGRES.program !== undefined,
  MariaDB: MARIADB.program !== undefined,
  'galera-4 and rsync': hasGalera,
  HAProxy: hasHaProxy,
  PgBouncer: hasPgBouncer,
  'pgpool-II': hasPgpool,
} as const;

export type TopologyProgram = keyof typeof INSTALLED;

/** Returns what is missing of these programs; `undefined` if all are installed. */
export function missingPrograms(programs: readonly TopologyProgram[]): string | undefined {
  const missing = programs.filter((program) => !INSTALLED[program]);
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}
