import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { placeOf } from '../support/databases/place.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { cookieOf } from '../support/http/responses.js';
import { startWorkers } from '../support/processes/workers.js';
import { inGroups } from '../support/promises/in-groups.js';
import { opened } from '../support/sockets/socket-kinds.js';
import { openWebSocket } from '../support/sockets/web-socket-client.js';
import { SIZES } from './sizes.js';

const SOCKETS = 1000;
/** Sessions of the user: ten sockets belong to each. */
const DEVICES = 100;
const INTERVAL_MS = 500;

describeShared((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date });
  });
  afterEach(() => sessions.close());

  it(`a logout in one process closes ${SOCKETS} sockets in another within a second`, async () => {
    const { manager } = sessions;
    const workers = await startWorkers<object, { port: number }>('sockets.mjs', [
      { place: placeOf(sessions), options: { watch: { interval: INTERVAL_MS }, timeout: 20_000 } },
    ]);
    const [{ port }] = (await workers.work([{}])) as [{ port: number }];
    const tokens = await Promise.all(
      Array.from({ length: DEVICES }, () => manager.createSession({ userId: 'ada' })),
    );
    const other = await manager.createSession({ userId: 'bob' });
    const connect = (token: string) => opened(openWebSocket(port, { cookie: cookieOf(token) }));
    const sockets = await inGroups(
      Array.from({ length: SOCKETS }, (_, index) => tokens[index % DEVICES]!),
      50,
      connect,
    );
    const bystander = await connect(other);

    const start = performance.now();
    await manager.removeUserSessions('ada');
    const closed = await Promise.all(sockets.map((socket) => socket.closed));
    const took = performance.now() - start;

    expect(new Set(closed.map(({ by }) => by))).toEqual(new Set([4401]));
    expect(closed).toHaveLength(SOCKETS);
    if (SIZES.timed) {
      expect(took).toBeLessThan(1000);
    }
    await manager.removeSession(other);
    expect((await bystander.closed).by).toBe(4401);
    await workers.end();
  });
});
