import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject } from '@nestjs/common';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { init, SessionsModule } from 'nestjs-server-sessions';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import { Sequelize } from 'sequelize';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { printTable } from '../support/processes/markdown-table.js';
import { eventually } from '../support/promises/eventually.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { MARIADB } from '../support/servers/mariadb-kind.js';
import { SIZES } from './sizes.js';

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(SessionsHealthIndicator) private readonly sessions: SessionsHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.sessions.pingCheck('sessions')]);
  }
}

/** The account of the application, which can only read and write the table. */
const ACCOUNT = { database: 'shop', username: 'app' };

describeOwnServers((server) => {
  /** The connection of the owner of the database. */
  let owner: Sequelize;
  const role = () =>
    server().kind === MARIADB ? `${ACCOUNT.username}@localhost` : ACCOUNT.username;

  beforeAll(async () => {
    const root = server().connect();
    await root.query(`CREATE DATABASE ${ACCOUNT.database}`);
    await root.query(
      server().kind === MARIADB ? `CREATE USER ${role()}` : `CREATE ROLE ${role()} LOGIN`,
    );
    await root.close();
    owner = new Sequelize({ ...server().options, database: ACCOUNT.database, logging: false });
    await (await init({ connection: owner })).close();
    await owner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON server_sessions TO ${role()}`);
  });
  afterAll(() => owner.close());

  it('a statement without a type, as SequelizeHealthIndicator sends it, fails with the driver mariadb', async () => {
    const isRead = await owner.query('SELECT 1').then(
      () => true,
      () => false,
    );
    expect(isRead).toBe(server().kind !== MARIADB);
  });

  describe.each(ADAPTERS)('$name', (adapter) => {
    let app: TestApp;

    beforeEach(async () => {
      app = await startApp(adapter, {
        controllers: [HealthController],
        providers: [SessionsHealthIndicator],
        imports: [
          SequelizeModule.forRoot({ ...server().options, ...ACCOUNT, logging: false }),
          TerminusModule.forRoot({ logger: false }),
        ],
        sessions: SessionsModule.forRoot({
          connection: 'default',
          synchronize: false,
          cleanup: false,
        }),
      });
      await expectUp();
    });
    afterEach(async () => {
      server().thaw();
      await app.close();
    });

    const expectUp = () => app.http().get('/health').expect(200);

    /** Expects that the ping of Sequelize, which needs only a connection, is up. */
    const expectConnected = () =>
      app.app.get<Sequelize>(getConnectionToken(), { strict: false }).authenticate();

    /** Expects that the health check is down in time; returns the reason and how many milliseconds it took. */
    const expectDown = async () => {
      const start = performance.now();
      const { body } = await app.http().get('/health').expect(503);
      const milliseconds = Math.round(performance.now() - start);
      expect(body.error).toMatchObject({ sessions: { status: 'down' } });
      expect(milliseconds).toBeLessThan(SIZES.down);
      return { reason: body.error.sessions.reason as string, milliseconds };
    };

    const print = (what: string, figures: Record<string, number>) =>
      printTable(`${what}: ${server().kind.name}, ${adapter.name}`, [figures]);

    it('the health check is down in time while the table is gone, though the connection is up, and up again', async () => {
      await takeAway(owner);
      const { reason, milliseconds } = await expectDown();
      await expectConnected();
      expect(reason).toBe('rejected');
      await bringBack(owner);
      await expectUp();
      print('Health without the table', { 'down after ms': milliseconds });
    });

    it('the health check is down in time while the right to read is revoked, though the connection is up, and up again', async () => {
      await owner.query(`REVOKE SELECT ON server_sessions FROM ${role()}`);
      const { reason, milliseconds } = await expectDown();
      await expectConnected();
      expect(reason).toBe('rejected');
      await owner.query(`GRANT SELECT ON server_sessions TO ${role()}`);
      await expectUp();
      print('Health without the right to read', { 'down after ms': milliseconds });
    });

    it('the health check is down in time while the server is frozen, and up again after the thaw', async () => {
      server().freeze();
      const first = await expectDown();
      const second = await expectDown();
      expect(first.reason).toBe('unknown');
      server().thaw();
      const thawed = performance.now();
      await eventually(expectUp);
      print('Health of a frozen server', {
        'down after ms': Math.max(first.milliseconds, second.milliseconds),
        'up after ms': Math.round(performance.now() - thawed),
      });
    });

    it('the health check is down in time after the server was killed, and up again after its start', async () => {
      await server().kill();
      const first = await expectDown();
      const second = await expectDown();
      await server().start();
      const started = performance.now();
      await eventually(expectUp);
      print('Health of a killed server', {
        'down after ms': Math.max(first.milliseconds, second.milliseconds),
        'up after ms': Math.round(performance.now() - started),
      });
    });
  });
});
