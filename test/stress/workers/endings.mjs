import 'reflect-metadata';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Controller, Get, Module, Param, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CurrentSession,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { open, serve, Tally } from './worker.mjs';

/** How many sessions are in a race at the same moment. */
const AT_ONCE = 16;

const idOf = (token) => token.split('.')[0];

/** What handlers do with the session of their request. */
const HANDLERS = {
  logout: (session) => session.end(),
  replace: (session, userId) => session.start({ userId, count: 0 }),
  carry: (session, userId) => session.start({ userId }, { carry: ['count'] }),
  confirm: (session) => session.confirm(),
  act: (session, userId) => session.actAs({ userId: `${userId}, a customer` }),
  return: (session) => session.stopActing(),
};

const ENDINGS = {
  token: ({ manager }, { token }) => manager.removeSession(token),
  id: ({ manager }, { token }) => manager.removeSessionById(idOf(token)),
  user: ({ manager }, { userId }) => manager.removeUserSessions(userId),
  erase: ({ manager }, { userId }) => manager.eraseUser(userId),
  // Without a token of the new session nobody ends it, so it is the only one that may live on.
  login: ({ manager }, { userId }) => manager.createSession({ userId, count: 0 }),
  all: ({ manager }) => manager.removeAllSessions(),
  sweep: ({ manager }) => manager.removeExpiredSessions(),
  logout: ({ request }, task) => request('logout', task),
  replace: ({ request }, task) => request('replace', task),
  carry: ({ request }, task) => request('carry', task),
};

const WRITES = {
  update: ({ manager }, { token }) => manager.updateSession(token, { count: -1 }),
  change: ({ manager }, { token }) => manager.updateSession(token, async (data) => ({ ...data })),
  renew: ({ manager }, { token }) => manager.renewSession(token, { allowExpired: true }),
  regenerate: ({ manager }, { token }) => manager.regenerateSession(token, { grace: 60_000 }),
  reassign: ({ manager }) => manager.reassignOwners(),
  touch: ({ request }, task) => request('touch', task),
  confirm: ({ request }, task) => request('confirm', task),
  acting: async ({ manager, request }, task) => {
    const token = await request('act', task);
    await manager.renewSession(token);
    await request('return', { ...task, token });
  },
};

const WORK = { ...ENDINGS, ...WRITES };

/** Runs the tasks of each session, and counts the events that end sessions, by id. The clock of each process differs. */
await serve(async ({ place, options, skew }) => {
  const clock = { now: () => Date.now() + skew };
  const { manager, close } = await open(place, { ...options, clock });
  const app = await startApplication(place, { ...options, clock, rolling: true, touchAfter: 1 });
  let ended = {};
  for (const { events$ } of [manager, app.manager]) {
    events$.subscribe(({ type, id }) => {
      if (['removed', 'evicted', 'expired'].includes(type)) {
        ended[id] = (ended[id] ?? 0) + 1;
      }
    });
  }
  return {
    async close() {
      await app.close();
      await close();
    },
    async round({ tasks }) {
      const request = (work, task) => app.request(work, task);
      const tally = new Tally();
      ended = {};
      const waiting = tasks.toReversed();
      const racer = async () => {
        for (let task = waiting.pop(); task; task = waiting.pop()) {
          await tally.take(task.work, WORK[task.work]({ manager, request }, task));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, racer));
      return { counts: tally.counts, ended };
    },
  };
});

/** Starts an application whose requests need no connection. */
async function startApplication({ storagePath, server, tableName }, options) {
  const connection = server && new Sequelize({ ...server, logging: false });
  const where = connection ? { connection } : { storagePath };
  const waiting = new Map();

  class Handlers {
    async act(session, call) {
      const { work, userId, resolve, reject } = waiting.get(call);
      await HANDLERS[work](session, userId).then(resolve, reject);
    }

    touch() {}
  }
  decorate(Handlers, 'act', [Post('act/:call')], [CurrentSession(), Param('call')]);
  decorate(Handlers, 'touch', [Get('touch'), UseGuards(SessionGuard)], []);
  Controller()(Handlers);

  class AppModule {}
  const sessions = SessionsModule.forRoot({ tableName, ...where, ...options });
  Module({ imports: [sessions], controllers: [Handlers] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.init();
  const handle = app.getHttpAdapter().getInstance();
  const send = (method, url, token) => {
    const headers = { host: 'localhost', cookie: `__Host-id=${token}` };
    const request = Object.assign(new IncomingMessage(new Socket()), { method, url, headers });
    request.push(null);
    const response = new ServerResponse(request);
    return new Promise((resolve) => {
      response.end = (body) => {
        resolve(body ? JSON.parse(body) : {});
        return response;
      };
      handle(request, response);
    });
  };
  let calls = 0;
  return {
    manager: app.get(SessionManager),
    /** Resolves to what the handler's session did. */
    async request(work, { token, userId }) {
      if (work === 'touch') {
        const { code, message } = await send('GET', '/touch', token);
        return code && Promise.reject(Object.assign(new Error(message), { code: `ERR_${code}` }));
      }
      const call = String(calls++);
      const acted = new Promise((resolve, reject) => {
        waiting.set(call, { work, userId, resolve, reject });
      });
      void send('POST', `/act/${call}`, token).then(({ message }) => {
        // If the handler ran, this changes nothing.
        waiting.get(call).reject(new Error(`No handler ran: ${message}`));
        waiting.delete(call);
      });
      return acted.catch((error) => {
        const code = String(error.code).replace(/^SESSION/, 'ERR_SESSION');
        throw Object.assign(new Error(error.message), { code });
      });
    },
    async close() {
      await app.close();
      await connection?.close();
    },
  };
}

/** Applies decorators to a method and to its parameters. */
function decorate({ prototype }, name, methodDecorators, parameterDecorators) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  methodDecorators.forEach((decorator) => decorator(prototype, name, descriptor));
  parameterDecorators.forEach((decorator, index) => decorator(prototype, name, index));
}
