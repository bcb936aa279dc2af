import { afterAll, beforeAll, describe } from '@jest/globals';
import { MARIADB } from './mariadb-kind.js';
import { OwnServer } from './own-server.js';
import { POSTGRES } from './postgres-kind.js';
import type { ServerKind } from './server-kind.js';

/**
 * Runs a suite on a separate server of each kind, which it may damage. It is skipped, with the reason in its title, if the
 * program is not installed and not required.
 */
export function describeOwnServers(
  suite: (server: () => OwnServer) => void,
  kinds: readonly ServerKind[] = [POSTGRES, MARIADB],
): void {
  for (const kind of kinds) {
    if (kind.program !== undefined) {
      describe(kind.name, () => {
        let server: OwnServer | undefined;
        beforeAll(async () => {
          server = await OwnServer.create(kind);
        });
        afterAll(() => server?.remove());
        suite(() => server!);
      });
      continue;
    }
    const missing = 'its server is not installed';
    if (process.env['REQUIRE_DATABASES'] === '1') {
      throw new Error(`${kind.name}: ${missing}, and REQUIRE_DATABASES=1 requires it.`);
    }
    describe.skip(`${kind.name} (skipped: ${missing})`, () => suite(() => undefined!));
  }
}
