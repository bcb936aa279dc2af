import { randomBytes } from 'node:crypto';
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { NextFunction, Request, Response } from 'express';
import session from 'express-session';
import {
  getCurrentSession,
  SessionExceptionFilter,
  SessionManager,
  SessionsModule,
} from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import passport from 'passport';
import { AccountController } from './account.controller.js';
import { LocalStrategy } from './local.strategy.js';
import { PageController } from './page.controller.js';
import { UserSerializer } from './user.serializer.js';
import { Users } from './users.js';

const DAY = 24 * 60 * 60 * 1000;

/** In production, all processes need the same secrets, after a restart too. */
const secretOf = (name: string) => process.env[name] ?? randomBytes(32).toString('base64url');

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({
        storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite',
        // Whose session it is: the id that Passport keeps in it.
        userId: (data: { passport?: { user?: string } } | undefined) =>
          data?.passport?.user ?? null,
        // Else an Authorization header that looks like a token skips the check of the origin.
        transports: ['cookie'],
      }),
    }),
    // Without `session: true`, `logIn` of the guard keeps the user for this request only.
    PassportModule.register({ session: true }),
  ],
  controllers: [AccountController, PageController],
  providers: [
    Users,
    LocalStrategy,
    UserSerializer,
    // Without the database, a request gets a 503, also in the middleware.
    { provide: APP_FILTER, useClass: SessionExceptionFilter },
  ],
})
export class AppModule implements NestModule {
  constructor(private readonly sessions: SessionManager) {}

  configure(consumer: MiddlewareConsumer): void {
    const store = new SessionManagerStore(this.sessions, { secret: secretOf('STORE_SECRET') });
    const middleware = session({
      store,
      secret: secretOf('COOKIE_SECRET'),
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: DAY, sameSite: 'lax', secure: 'auto' },
    });
    consumer.apply(refuseOtherOrigins, middleware, passport.session()).forRoutes('{*path}');
  }
}

/** Looking for a session of this library refuses unsafe requests of other origins, such as a login as another user. */
function refuseOtherOrigins(request: Request, _response: Response, next: NextFunction): void {
  getCurrentSession(request).then(() => next(), next);
}
