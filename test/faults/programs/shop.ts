import 'reflect-metadata';
import {
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CurrentSession, Session, SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import type { Place } from '../../support/databases/place.js';

/** A shop that is ended while it serves: by SIGTERM, with Nest's shutdown hooks, or by its own call. */

interface Settings {
  readonly place: Place;
  readonly framework: 'express' | 'fastify';
}

const { place, framework } = JSON.parse(process.argv[2]!) as Settings;
const connection = place.server && new Sequelize(place.server);

@Controller()
class ShopController {
  @Post('login')
  @HttpCode(200)
  async login(@CurrentSession() session: CurrentSession) {
    return { token: await session.start({ userId: 'ann', visits: 0 }) };
  }

  @Post('visit')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async visit(@CurrentSession() session: CurrentSession) {
    return session.update((data: { visits: number }) => void data.visits++);
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@Session() data: unknown) {
    return data;
  }
}

@Module({
  imports: [
    SessionsModule.forRoot({
      tableName: place.tableName,
      timeout: 60_000,
      cleanup: { interval: 5, retention: 0 },
      ...(connection ? { connection } : { storagePath: place.storagePath }),
    }),
  ],
  controllers: [ShopController],
})
class ShopModule {
  async onApplicationShutdown(): Promise<void> {
    setImmediate(() => void connection?.close());
  }
}

const app: INestApplication = await NestFactory.create<INestApplication>(
  ShopModule,
  framework === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: ['warn', 'error', 'fatal'] },
);
app.enableShutdownHooks();
// Nest passes the signal on when all is closed; with a listener left, the process ends only if nothing keeps it alive.
process.on('SIGTERM', () => {});
await app.listen(0, '127.0.0.1');
process.on('message', () => void app.close());
process.send!({ port: app.getHttpServer().address().port });
process.channel?.unref();
