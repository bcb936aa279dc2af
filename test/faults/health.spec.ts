import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject } from '@nestjs/common';
import { SequelizeModule } from '@nestjs/sequelize';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { SessionsModule } from 'nestjs-server-sessions';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { printTable } from '../support/processes/markdown-table.js';
import { eventually } from '../support/promises/eventually.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
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

describeOwnServers((server) => {
  describe.each(ADAPTERS.filter(({ parsesCookies }) => !parsesCookies))('$name', (adapter) => {
    let app: TestApp;

    beforeEach(async () => {
      app = await startApp(adapter, {
        controllers: [HealthController],
        providers: [SessionsHealthIndicator],
        imports: [
          SequelizeModule.forRoot({ ...server().options, logging: false }),
          TerminusModule.forRoot({ logger: false }),
        ],
        sessions: SessionsModule.forRoot({ connection: 'default', cleanup: false }),
      });
      await expectUp();
    });
    afterEach(async () => {
      server().thaw();
      await app.close();
    });

    const expectUp = () => app.http().get('/health').expect(200);

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
