import 'reflect-metadata';
import { inspect } from 'node:util';
import {
  Body,
  Controller,
  Get,
  Logger,
  Module,
  Param,
  Post,
  type INestApplication,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  CurrentSession,
  init,
  Session,
  SessionExceptionFilter,
  SessionGuard,
  SessionManager,
  SessionsModule,
  SessionToken,
} from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import type { Place } from '../../support/databases/place.js';

/**
 * An application that logs all it can: every event, every error in each form that loggers have, and the sessions
 * themselves. Messages say what it does besides serving requests.
 */

interface Settings {
  readonly place: Place;
  readonly framework: 'express' | 'fastify';
  readonly options: object;
}

const { place, framework, options } = JSON.parse(process.argv[2]!) as Settings;
const connection = new Sequelize(
  place.server ?? { dialect: 'sqlite', storage: place.storagePath!, logging: false },
);
const shared = { ...options, tableName: place.tableName, connection };

/** The ways to log an error. */
function logInEveryForm(error: unknown): void {
  console.error(error);
  console.error(
    String(error),
    JSON.stringify(error),
    inspect(error, { showHidden: true, getters: true }),
  );
  new Logger('talkative').error(error);
}

/** Updates that fail in different ways, with data that nobody may see. */
const UPDATES: Readonly<Record<string, (session: CurrentSession, secret: string) => unknown>> = {
  fine: (session, secret) => session.update({ secret }),
  large: (session, secret) => session.update({ secret: secret.repeat(1000) }),
  cyclic: (session, secret) => {
    const cyclic: Record<string, unknown> = { secret };
    return session.update({ cyclic: Object.assign(cyclic, { cyclic }) });
  },
  bigint: (session, secret) => session.update({ secret, big: 1n }),
  keyed: (session, secret) => session.update({ [secret]: new Map([[secret, secret]]) }),
  both: (session, secret) =>
    session.update((data: any) => {
      data.more = secret;
      return { secret };
    }),
  foreign: (session, secret) => session.update({ secret, userId: 'somebody else' }),
  login: (session, secret) => session.start({ secret, userId: 'full' }),
};

@Controller()
class TalkativeController {
  constructor(private readonly manager: SessionManager) {}

  @Get('me')
  @UseGuards(SessionGuard)
  me(@Session('userId') userId: unknown) {
    return { userId };
  }

  @Get('session')
  session(@CurrentSession() session: CurrentSession) {
    console.log(session, inspect(session, { depth: 10, showHidden: true }));
    new Logger('talkative').log(session);
    return session;
  }

  @Post('update/:way')
  async update(
    @Param('way') way: string,
    @Body('secret') secret: string,
    @CurrentSession() session: CurrentSession,
  ) {
    try {
      await UPDATES[way]!(session, secret);
    } catch (error) {
      logInEveryForm(error);
      throw error;
    }
  }

  @Get('managed')
  async managed(@SessionToken() token: string) {
    await this.manager.updateSession(token, { secret: 'x'.repeat(100_000) });
  }
}

@Module({ imports: [SessionsModule.forRoot(shared)], controllers: [TalkativeController] })
class TalkativeModule {}

const app: INestApplication = await NestFactory.create<INestApplication>(
  TalkativeModule,
  framework === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] },
);
app.useGlobalFilters(new SessionExceptionFilter());
const manager = app.get(SessionManager);
manager.events$.subscribe((event) => console.log(event, JSON.stringify(event)));
await app.listen(0, '127.0.0.1');
process.send!({ port: app.getHttpServer().address().port });

const table = (name: string) => (place.server ? name : `"${name}"`);

const ORDERS: Readonly<Record<string, (argument: any) => Promise<unknown>>> = {
  /** Calls each method with an invalid token, or while there is no database. */
  async call(token: string) {
    for (const call of [
      () => manager.retrieveSession(token),
      () => manager.inspectSession(token),
      () => manager.updateSession(token, { token }),
      () => manager.updateSession(token, () => ({ token })),
      () => manager.renewSession(token),
      () => manager.renewSession(token, token as never),
      () => manager.regenerateSession(token),
      () => manager.regenerateSession(token, { change: token as never }),
      () => manager.removeSession(token),
      () => manager.removeSessionById(token, { userId: token.repeat(4) }),
      () => manager.removeUserSessions(token.repeat(4)),
      () => manager.createSession({ token }, { userId: { token } as never }),
      () => manager.createSession({ token, userId: 'full' }),
      () => init({ ...shared, encryptionKeys: [token] }),
      () => init({ ...shared, tableName: token }),
    ]) {
      await call().catch(logInEveryForm);
    }
  },
  takeAway: () =>
    connection.query(
      `ALTER TABLE ${table(place.tableName)} RENAME TO ${table(`${place.tableName}_away`)}`,
    ),
  bringBack: () =>
    connection.query(
      `ALTER TABLE ${table(`${place.tableName}_away`)} RENAME TO ${table(place.tableName)}`,
    ),
  async close() {
    await app.close();
    await connection.close();
    process.disconnect();
  },
};

process.on('message', async ({ order, argument }: { order: string; argument: unknown }) => {
  await ORDERS[order]!(argument);
  if (process.connected) {
    process.send!({ done: order });
  }
});
