import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serve } from '../process/serve.mjs';
import { INSPECTIONS } from './inspections.mjs';

const ADAPTERS = { Express: ExpressAdapter, Fastify: FastifyAdapter };

/**
 * Makes this process a server with one route, `GET /greeting`. `prepare` gets the order and returns the controller (made
 * by `greetingController`), what its module imports, what `use(app)` sets up, and `headers(app)`, which opens the sessions
 * and returns the headers of a request for each. The server answers the questions of `INSPECTIONS`.
 */
export function serveApplication(prepare) {
  serve(async (order) => {
    const { controller, imports = [], use, headers } = await prepare(order);
    class AppModule {}
    Module({ imports, controllers: [controller] })(AppModule);
    const logger = ['error', 'warn'];
    const app = await NestFactory.create(AppModule, new ADAPTERS[order.framework](), { logger });
    await use?.(app);
    await app.listen(0, '127.0.0.1');
    return {
      ready: { port: app.getHttpServer().address().port, headers: await headers(app) },
      answer: (question) => INSPECTIONS[question](),
      close: () => app.close(),
    };
  });
}

/** A controller that greets, decorated as the TypeScript compiler would do it. */
export function greetingController(greet, { decorators = [], argument } = {}) {
  class GreetingController {}
  const { prototype } = GreetingController;
  prototype.greet = greet;
  const method = Object.getOwnPropertyDescriptor(prototype, 'greet');
  Reflect.decorate([Get('greeting'), ...decorators], prototype, 'greet', method);
  argument?.(prototype, 'greet', 0);
  Controller()(GreetingController);
  return GreetingController;
}
