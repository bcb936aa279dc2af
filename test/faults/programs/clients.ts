import { init } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import type { Place } from '../../support/databases/place.js';
import type { Outcomes } from '../standstill.spec.js';

/** A process whose clients use sessions without a pause, until a message says to stop. A number blocks it so long. */

interface Settings {
  readonly place: Place;
  readonly clients: number;
}

const { place, clients } = JSON.parse(process.argv[2]!) as Settings;
const connection = place.server && new Sequelize(place.server);
const manager = await init({
  tableName: place.tableName,
  ...(connection ? { connection } : { storagePath: place.storagePath }),
});

const outcomes: Outcomes = { calls: 0, failed: [], lost: 0 };
let isStopped = false;

async function call<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  outcomes.calls++;
  try {
    return await work();
  } catch (error) {
    outcomes.failed.push(String(error));
    return undefined;
  }
}

async function client(number: number): Promise<void> {
  let token = await manager.createSession({ number });
  while (!isStopped) {
    switch (number % 3) {
      case 0:
        await call(() => manager.retrieveSession(token));
        break;
      case 1:
        await call(() => manager.updateSession(token, (data) => ({ ...(data as object), number })));
        break;
      default: {
        const rotated = await call(() => manager.regenerateSession(token));
        outcomes.lost += rotated === undefined ? 1 : 0;
        token = rotated ?? (await manager.createSession({ number }));
      }
    }
  }
}

const running = Array.from({ length: clients }, (_, number) => client(number));
process.on('message', (message) => {
  if (typeof message === 'number') {
    const end = performance.now() + message;
    while (performance.now() < end) {
      // Nothing else runs meanwhile.
    }
    process.send!('blocked');
    return;
  }
  isStopped = true;
  void Promise.all(running).then(async () => {
    await manager.close();
    await connection?.close();
    process.send!(outcomes);
    process.disconnect();
  });
});
process.send!('ready');
