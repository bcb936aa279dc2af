import 'reflect-metadata';
import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SequelizeModule } from '@nestjs/sequelize';
import { CurrentSession, SessionGuard, SessionsModule } from 'nestjs-server-sessions';

/** An application with a login and a guarded route, in a separate process, which any unhandled rejection ends. */
const { framework, server } = JSON.parse(process.argv[2]);

class VisitController {
  visit() {
    return 'visited';
  }

  async login(session) {
    await session.start({ userId: 'ann' });
    return 'logged in';
  }
}
const route = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(VisitController.prototype, name);
  decorators.forEach((decorate) => decorate(VisitController.prototype, name, descriptor));
};
route('visit', Get('visit'), UseGuards(SessionGuard));
route('login', Post('login'));
CurrentSession()(VisitController.prototype, 'login', 0);
Controller()(VisitController);

class AppModule {}
Module({
  imports: [
    SequelizeModule.forRoot({ ...server, logging: false }),
    SessionsModule.forRoot({ connection: 'default' }),
  ],
  controllers: [VisitController],
})(AppModule);

const adapter = framework === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.stdout.write(`${app.getHttpServer().address().port}\n`);
