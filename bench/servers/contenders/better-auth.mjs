import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders } from 'better-auth/node';
import Database from 'better-sqlite3';
import { SQLITE_PRAGMAS } from '../../places.mjs';
import { sampleSession } from '../../sample-session.mjs';
import { guardedController } from '../guarded.mjs';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';

const COOKIE = 'better-auth.session_token';

/**
 * A guard of better-auth with sessions in SQLite. Users have their name and email address where it keeps them; the other
 * data is a field of the session.
 */
serveApplication(async ({ place, sessions, cookieCache }) => {
  const database = new Database(place.file);
  SQLITE_PRAGMAS.forEach((pragma) => database.pragma(pragma));
  const auth = betterAuth({
    baseURL: 'http://127.0.0.1',
    secret: SECRET,
    database,
    session: {
      additionalFields: { data: { type: 'string' } },
      ...(cookieCache && { cookieCache: { enabled: true, maxAge: 24 * 60 * 60 } }),
    },
    telemetry: { enabled: false },
  });
  await (await getMigrations(auth.options)).runMigrations();
  const read = async (request) => {
    const found = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    return found && { userId: found.user.id, name: found.user.name };
  };
  return {
    controller: guardedController(read),
    headers: async () => {
      const { internalAdapter } = await auth.$context;
      const made = [];
      for (let n = 0; n < sessions; n++) {
        const { userId, name, email, ...data } = sampleSession(n);
        const user = await internalAdapter.createUser({ id: userId, name, email });
        const { token } = await internalAdapter.createSession(user.id, false, {
          data: JSON.stringify(data),
        });
        const signature = createHmac('sha256', SECRET).update(token).digest('base64');
        const cookie = `${COOKIE}=${encodeURIComponent(`${token}.${signature}`)}`;
        made.push({ cookie: cookieCache ? await withCache(auth, cookie) : cookie });
      }
      return made;
    },
  };
});

/** Returns a Cookie header with the cookies that better-auth sets for a session. */
async function withCache(auth, cookie) {
  const { headers } = await auth.api.getSession({
    headers: new Headers({ cookie }),
    returnHeaders: true,
  });
  return [cookie, ...headers.getSetCookie().map((set) => set.split(';')[0])].join('; ');
}
