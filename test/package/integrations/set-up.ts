import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import session from 'express-session';
import { SessionManager } from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import { documentSessions } from 'nestjs-server-sessions/swagger';

/** Adds the page of OpenAPI, and express-session on one route. */
export function setUp(app: INestApplication): void {
  const store = new SessionManagerStore(app.get(SessionManager), {
    secret: 'a secret of 32 characters or more',
  });
  app.use(
    '/visits',
    session({ store, secret: 'cookies', resave: false, saveUninitialized: false }),
  );
  const config = new DocumentBuilder().build();
  SwaggerModule.setup('docs', app, () =>
    documentSessions(app, SwaggerModule.createDocument(app, config)),
  );
}
