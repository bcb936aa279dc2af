import { DATABASES, describeDatabases, embeddedFile, type TestDatabase } from './databases.js';

/** Runs a suite on each kind of database that processes can share. */
export function describeShared(suite: (database: TestDatabase) => void): void {
  const names = [embeddedFile.name, 'PostgreSQL', 'MariaDB'];
  describeDatabases(
    suite,
    DATABASES.filter(({ name }) => names.includes(name)),
  );
}
