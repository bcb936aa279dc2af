import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, Post, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { getCurrentSession, type CurrentSession } from 'nestjs-server-sessions';
import { describeAdapters, startApp } from '../support/applications/applications.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

const FOREIGN = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };

/** A constructor can't await. */
@Injectable({ scope: Scope.REQUEST })
class Visitor {
  readonly session: Promise<CurrentSession>;

  constructor(@Inject(REQUEST) request: object) {
    this.session = getCurrentSession(request);
  }
}

@Controller()
class ContactController {
  constructor(private readonly visitor: Visitor) {}

  @Post('never')
  never() {}

  @Post('later')
  async later() {
    await turn();
    await turn();
    await this.visitor.session;
  }
}

describeAdapters((adapter) => {
  it.each([
    ['a constructor never awaits', '/never', 201],
    ['a handler awaits later', '/later', 403],
  ])('the session of a refused request that %s ends no process', async (_, path, status) => {
    const app = await startApp(adapter, {
      controllers: [ContactController],
      providers: [Visitor],
    });
    const rejections = await unhandledRejectionsOf(async () => {
      await app.http().post(path).set(FOREIGN).expect(status);
    });
    await app.close();
    expect(rejections).toEqual([]);
  });

  it('the session of a request that a constructor never awaits ends no process during an outage', async () => {
    const app = await startApp(adapter, {
      controllers: [ContactController],
      providers: [Visitor],
    });
    const token = await app.manager.createSession({});
    await app.connection.query('DROP TABLE server_sessions');
    const headers = { Cookie: `__Host-id=${token}` };
    const rejections = await unhandledRejectionsOf(async () => {
      await app.http().post('/never').set(headers).expect(201);
      await app.http().post('/later').set(headers).expect(503);
    });
    await app.close();
    expect(rejections).toEqual([]);
  });
});
