import {
  fill,
  PATIENT,
  Session,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from '../../library.mjs';
import { connect } from '../../places.mjs';
import { UseGuards } from '@nestjs/common';
import { greet } from '../greeting.mjs';
import { greetingController, serveApplication } from '../serve-application.mjs';

/** As for a new user: Node 24 has a database. Without the option, the `sqlite3` of the other contenders would be used. */
const sqliteDriver = Number.parseInt(process.versions.node, 10) < 24 ? 'sqlite3' : 'node';

/** This library: a guarded route, embedded SQLite or a connection of the application. */
serveApplication(async ({ place, sessions }) => {
  const where = place.url
    ? { connection: await connect(place) }
    : { storagePath: place.file, sqliteDriver };
  const options = { ...where, tableName: place.table, cookie: { secure: false }, ...PATIENT };
  return {
    controller: greetingController(greet, {
      decorators: [UseGuards(SessionGuard)],
      argument: Session(),
    }),
    imports: [SessionsModule.forRoot(options)],
    headers: async (app) =>
      (await fill(app.get(SessionManager), sessions)).map((token) => ({ cookie: `id=${token}` })),
  };
});
