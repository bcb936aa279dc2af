import 'reflect-metadata';
import { Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { Sequelize } from 'sequelize';
import { serve } from './worker.mjs';

class Gateway {}
WebSocketGateway()(Gateway);
UseGuards(SessionGuard)(Gateway);

/** Serves a gateway that requires a session; reports its port. */
await serve(async ({ place: { storagePath, server, tableName }, options }) => {
  const connection = server && new Sequelize({ ...server, logging: false });
  const where = connection ? { connection } : { storagePath };
  const sessions = SessionsModule.forRoot({ tableName, ...where, ...options });
  class AppModule {}
  Module({ imports: [sessions, SessionSocketsModule], providers: [Gateway] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return {
    round: () => ({ port: app.getHttpServer().address().port }),
    close: async () => {
      await app.close();
      await connection?.close();
    },
  };
});
