import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Controller, Module, Post, type Type } from '@nestjs/common';
import {
  CurrentSession,
  PublicRoute,
  SessionsModule,
  type ListedSession,
} from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { shopAt } from '../support/package/quick-start.js';
import { serving } from '../support/processes/serving.js';

const quickStart: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet keeps the basket of a user who has logged in', async () => {
      const { AppModule } = await load<{ AppModule: Type }>();
      await withServer(AppModule, adapter(), async (client) => {
        expect(await client('GET', '/basket')).toMatchObject({ status: 401 });
        expect(await client('POST', '/login', { name: 'ann' })).toMatchObject({ status: 201 });
        expect(await client('POST', '/basket', { product: 'apple' })).toEqual({
          status: 201,
          body: { userId: 'ann', basket: ['apple'] },
        });
        expect(await client('GET', '/basket')).toEqual({ status: 200, body: ['apple'] });
      });
    });
  });
};

const main: Harness = ({ file }) => {
  it('the snippet serves requests and closes the database when the process is asked to end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docs-main-'));
    await serving({ node: process.execPath, file, folder }, shopAt);
    // SQLite keeps two more files beside it while it is open.
    expect(readdirSync(folder)).toEqual(['sessions.sqlite']);
    rmSync(folder, { recursive: true });
  });
};

@Controller()
class LoginController {
  @PublicRoute()
  @Post('login')
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({ userId: 'ann' });
  }
}

const me: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet knows who has logged in', async () => {
      const { MeModule } = await load<{ MeModule: Type }>();
      await withServer(MeModule, adapter(), async (client) => {
        expect(await client('GET', '/me')).toMatchObject({ status: 401 });
        expect(await client('POST', '/login')).toMatchObject({ status: 201 });
        expect(await client('GET', '/me')).toEqual({ status: 200, body: 'You are ann' });
      });
    });
  });
};

const agents: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet for assistants logs in, changes, ends and logs out', async () => {
      const { AccountModule } = await load<{ AccountModule: Type }>();
      await withServer(AccountModule, adapter(), async (client, newClient) => {
        const other = newClient();
        for (const each of [client, other]) {
          expect(await each('POST', '/login', { name: 'ann' })).toMatchObject({ status: 201 });
        }
        expect(await client('POST', '/theme', { theme: 'dark' })).toMatchObject({ status: 201 });
        expect(await client('POST', '/password')).toMatchObject({ status: 201 });
        expect(await client('GET', '/me')).toEqual({ status: 200, body: 'You are ann' });
        expect(await other('GET', '/me')).toMatchObject({ body: { code: 'SESSION_ENDED' } });
        await client('POST', '/logout');
        expect(await client('GET', '/me')).toMatchObject({ status: 401 });
      });
    });
  });
};

const account: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet guards every route and lets everybody log out', async () => {
      const { AccountModule } = await load<{ AccountModule: Type }>();
      @Module({ imports: [AccountModule], controllers: [LoginController] })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        expect(await client('GET', '/me')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_MISSING' },
        });
        expect(await client('POST', '/logout')).toMatchObject({ status: 201 });
        await client('POST', '/login');
        expect(await client('GET', '/me')).toEqual({ status: 200, body: 'You are ann' });
        expect(await client('POST', '/logout')).toMatchObject({ status: 201 });
        expect(await client('GET', '/me')).toMatchObject({ status: 401 });
      });
    });
  });
};

const adminMode: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet changes rights, and the browser stays logged in', async () => {
      const { AdminModeController } = await load<{ AdminModeController: Type }>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [LoginController, AdminModeController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        await client('POST', '/login');
        expect(await client('POST', '/admin-mode')).toMatchObject({ status: 201 });
        expect(await client('POST', '/admin-mode')).toMatchObject({ status: 201 });
      });
    });
  });
};

const logoutEverywhere: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet ends the sessions of all devices, and clears the cookie of this one', async () => {
      const { LogoutEverywhereController } = await load<{ LogoutEverywhereController: Type }>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [LoginController, LogoutEverywhereController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (phone, newClient) => {
        const laptop = newClient();
        await phone('POST', '/login');
        await laptop('POST', '/login');
        expect(await phone('POST', '/logout-everywhere')).toEqual({
          status: 200,
          body: { ended: 2 },
        });
        expect(await laptop('POST', '/logout-everywhere')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_ENDED', reason: 'revoked' },
        });
        // The client of this test sends the cleared cookie, which is empty.
        expect(await phone('POST', '/logout-everywhere')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_NOT_FOUND' },
        });
      });
    });
  });
};

const deviceList: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet shows the devices and signs out other devices', async () => {
      const { DevicesController } = await load<{ DevicesController: Type }>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [LoginController, DevicesController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (phone, newClient) => {
        await phone('POST', '/login');
        const [laptop, tablet] = [newClient(), newClient()];
        await laptop('POST', '/login');
        await tablet('POST', '/login');
        const { body: devices } = await phone('GET', '/devices');
        const others = devices.filter(({ current }: ListedSession) => !current);
        expect([devices.length, others.length]).toEqual([3, 2]);
        const removed = await phone('DELETE', `/devices/${others[0].id}`);
        expect(removed.body).toEqual({ ended: 1 });
        const left = [await laptop('GET', '/devices'), await tablet('GET', '/devices')];
        expect(left.filter(({ status }) => status === 200)).toHaveLength(1);
        expect((await phone('DELETE', '/devices')).body).toEqual({ ended: 1 });
        expect(await laptop('GET', '/devices')).toMatchObject({ status: 401 });
        expect(await tablet('GET', '/devices')).toMatchObject({ status: 401 });
        expect(await phone('GET', '/devices')).toMatchObject({ status: 200 });
      });
    });
  });
};

export const HTTP_HARNESSES: Readonly<Record<string, Harness>> = {
  'me.module': me,
  'agents.module': agents,
  'app.module': quickStart,
  main,
  'account.module': account,
  'admin-mode.controller': adminMode,
  'devices.controller': deviceList,
  'logout-everywhere.controller': logoutEverywhere,
};
