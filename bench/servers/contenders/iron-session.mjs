import { getIronSession, sealData } from 'iron-session';
import { sampleSession } from '../../sample-session.mjs';
import { guardedController } from '../guarded.mjs';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';

const OPTIONS = { cookieName: 'session', password: SECRET };

/** A guard of iron-session, whose cookie holds the encrypted session. Fastify's request keeps Node's in `raw`. */
serveApplication(({ sessions }) => ({
  controller: guardedController((request, response) =>
    getIronSession(request.raw ?? request, response.raw ?? response, OPTIONS),
  ),
  headers: () =>
    Promise.all(
      Array.from({ length: sessions }, async (_, n) => ({
        cookie: `session=${await sealData(sampleSession(n), OPTIONS)}`,
      })),
    ),
}));
