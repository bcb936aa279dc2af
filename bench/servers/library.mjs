import {
  fill,
  PATIENT,
  Session,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from '../library.mjs';
import { connect } from '../places.mjs';
import { UseGuards } from '@nestjs/common';
import { greetingController, serveApplication } from './serve-application.mjs';

/** This library: a guarded route, embedded SQLite or a connection of the application. */
serveApplication(async ({ place, sessions }) => {
  const where = place.url ? { connection: await connect(place) } : { storagePath: place.file };
  const options = { ...where, tableName: place.table, cookie: { secure: false }, ...PATIENT };
  return {
    controller: greetingController((name) => ({ hello: name }), {
      decorators: [UseGuards(SessionGuard)],
      argument: Session('name'),
    }),
    imports: [SessionsModule.forRoot(options)],
    cookies: async (app) =>
      (await fill(app.get(SessionManager), sessions)).map((token) => `id=${token}`),
  };
});
