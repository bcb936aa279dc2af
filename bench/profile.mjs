import { writeFileSync } from 'node:fs';
import { withRedisPlaces } from './places.mjs';
import { start } from './process/start.mjs';
import { together } from './process/together.mjs';
import { profileTable } from './report/profile-table.mjs';
import { SERVERS, startServer } from './servers/servers.mjs';
import { FULL } from './settings.mjs';

/**
 * Shows where a server spends its time: `node bench/profile.mjs ['Express: this library, SQLite' [file]]`. If a file is
 * given, it also gets the profile, for the developer tools of Chromium.
 */
const [, , name = 'Express: this library, SQLite', file] = process.argv;
if (!(name in SERVERS)) {
  throw new Error(`There is no server "${name}". Use one of:\n${Object.keys(SERVERS).join('\n')}`);
}
const profile = await withRedisPlaces((placeIn) =>
  together(async (keep) => {
    const server = await keep(startServer(name, FULL.sessions, placeIn));
    const load = await keep(start('process/load.mjs', server.ready));
    await load.ask({ seconds: FULL.warmUp });
    await server.ask('start profiling');
    await load.ask({ seconds: 5 * FULL.seconds });
    return server.ask('stop profiling');
  }),
);
console.log(profileTable(profile));
if (file !== undefined) {
  writeFileSync(file, JSON.stringify(profile));
}
