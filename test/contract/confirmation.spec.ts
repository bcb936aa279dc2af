import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { CurrentSession, SessionsModule } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf } from '../support/http/responses.js';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';

interface Account {
  readonly userId?: string;
  readonly mail?: string;
}

@Controller()
class AccountController {
  @Post('login')
  login(@CurrentSession() session: CurrentSession<Account>): Promise<string> {
    return session.start({ userId: 'ann', mail: 'ann@example.com' });
  }

  @Post('confirm')
  confirm(@CurrentSession() session: CurrentSession<Account>): Promise<string> {
    return session.confirm();
  }

  @Post('become-bob')
  async becomeBob(@CurrentSession() session: CurrentSession<Account>) {
    const token = await session.regenerate({ change: () => ({ userId: 'bob' }) });
    return { token, confirmedAt: session.confirmedAt ?? null };
  }
}

describeDatabases((database) => {
  let sessions: TestSessions;
  let app: TestApp<Account>;

  beforeEach(async () => {
    sessions = await openSessions(database);
    const { sequelize: connection, tableName, clock } = sessions;
    app = await startApp(ADAPTERS[0]!, {
      controllers: [AccountController],
      sessions: SessionsModule.forRoot({
        connection,
        tableName,
        clock,
        timeout: LONG_TIMEOUT_MS,
        userId: ({ userId, mail }: Account) => (isMail ? mail : userId),
      }),
    });
    isMail = false;
  });
  afterEach(async () => {
    await app?.close();
    await sessions.close();
  });

  /** Whether the owner function of the application has changed. */
  let isMail = false;
  const post = (path: string, token?: string) => {
    const request = app.http().post(path);
    return token === undefined ? request : request.set('Authorization', bearerOf(token));
  };
  const confirmedAt = async (token: string) =>
    (await app.manager.inspectSession(token)).confirmedAt?.getTime();

  it('a login and a confirmation note their moment, with the time of the clock', async () => {
    const token = (await post('/login')).text;
    expect(await confirmedAt(token)).toBe(sessions.clock.now());
    sessions.clock.advance(1000);
    const confirmed = (await post('/confirm', token)).text;
    expect(await confirmedAt(confirmed)).toBe(sessions.clock.now());
  });

  it('a session that moves to another user is not confirmed by that user', async () => {
    const token = (await post('/login')).text;
    await app.manager.updateSession(token, { userId: 'ann', mail: 'new@example.com' });
    expect(await confirmedAt(token)).toBe(sessions.clock.now());
    await app.manager.updateSession(token, { userId: 'bob' });
    expect(await confirmedAt(token)).toBeUndefined();
  });

  it('nor is one that moves with a new token', async () => {
    const moved = (await post('/become-bob', (await post('/login')).text)).body;
    expect(moved.confirmedAt).toBeNull();
    expect(await confirmedAt(moved.token)).toBeUndefined();
  });

  it('nor is one whose owner is reassigned', async () => {
    const token = (await post('/login')).text;
    isMail = true;
    expect(await app.manager.reassignOwners()).toMatchObject({ reassigned: 1 });
    expect(await confirmedAt(token)).toBeUndefined();
  });
});
