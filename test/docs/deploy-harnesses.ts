import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import {
  SessionsModule,
  type InitOptions,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { ADAPTERS, startApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { embeddedFile, openSessions } from '../support/databases/databases.js';
import { cookiesOf } from '../support/http/responses.js';
import type { Harness } from '../support/docs/harness.js';

interface Renaming {
  readonly firstDeploy: SessionsModuleOptions;
  readonly secondDeploy: SessionsModuleOptions;
}

const renameCookie: Harness = ({ load }) => {
  it('the two deploys read the cookies of each other, and each login clears the other cookie', async () => {
    const connection = new Sequelize({ dialect: 'sqlite', storage: ':memory:', logging: false });
    const { firstDeploy, secondDeploy } = await load<Renaming>();
    const clock = { now: () => Date.UTC(2027, 1, 1) };
    const replicas = await Promise.all(
      [firstDeploy, secondDeploy].map((options) =>
        startApp(ADAPTERS[0]!, {
          controllers: [ShopController],
          sessions: SessionsModule.forRoot({ connection, clock, ...options }),
        }),
      ),
    );
    const names = ['__Host-id', '__Secure-id'];
    for (const [index, replica] of replicas.entries()) {
      const other = replicas[1 - index]!;
      const login = await other.http().post('/login').send({ name: 'ann' });
      const cookie = cookiesOf(login)[0]!.split(';')[0]!;
      await replica.http().get('/me').set('Cookie', cookie).expect(200, { name: 'ann' });
      const next = await replica.http().post('/login').set('Cookie', cookie).send({ name: 'bob' });
      expect(cookiesOf(next)).toEqual([
        expect.stringMatching(`^${names[index]}=[\\w.-]{80};`),
        expect.stringMatching(`^${names[1 - index]}=; Max-Age=0;`),
      ]);
    }
    await Promise.all(replicas.map((replica) => replica.close()));
    await connection.close();
  });
};

const encryptionSteps: Harness = ({ load }) => {
  it('the first deploy reads what the second encrypts, and writes plain JSON', async () => {
    process.env['SESSION_KEYS'] = randomBytes(32).toString('base64url');
    const steps = await load<Record<'deploy1' | 'deploy2', InitOptions>>();
    delete process.env['SESSION_KEYS'];
    const sessions = await openSessions(embeddedFile, steps.deploy2);
    const first = await sessions.another(steps.deploy1);
    const token = await sessions.manager.createSession({ userId: 'ann' });
    const storedData = async () =>
      (await sessions.select(`SELECT data FROM ${sessions.tableName}`))[0]!['data'];
    expect(await storedData()).toMatch(/^enc1\./);
    await first.updateSession(token, (data: any) => data);
    expect(await storedData()).toBe('{"userId":"ann"}');
    await sessions.close();
  });
};

export const DEPLOY_HARNESSES = {
  'rename-cookie': renameCookie,
  'encryption-steps': encryptionSteps,
};
