import { init } from '../dist/index.js';
import { connect } from './places.mjs';
import { sampleSession } from './sample-session.mjs';

export * from '../dist/index.js';

/** Other options of the library: on a busy machine it must be slow rather than give up. */
export const PATIENT = { timeout: 60_000, cleanup: false };

/** Opens the built library's manager on a place: the embedded database, or a connection as in an application. */
export async function openSessions(place, options = {}) {
  const connection = place.url ? await connect(place) : undefined;
  const where = connection ? { connection } : { storagePath: place.file };
  const manager = await init({ ...where, tableName: place.table, ...PATIENT, ...options });
  return {
    manager,
    close: async () => {
      await manager.close();
      await connection?.close();
    },
  };
}

/** Creates so many sessions; returns their tokens. */
export async function fill(manager, count) {
  const tokens = [];
  while (tokens.length < count) {
    const batch = Array.from({ length: Math.min(100, count - tokens.length) }, (_, index) =>
      manager.createSession(sampleSession(tokens.length + index)),
    );
    tokens.push(...(await Promise.all(batch)));
  }
  return tokens;
}

/** Creates a session table at a place, and so many sessions in it. */
export async function fillPlace(place, count) {
  const { manager, close } = await openSessions(place);
  const tokens = await fill(manager, count);
  await close();
  return tokens;
}
