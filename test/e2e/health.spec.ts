import { expect, it } from '@jest/globals';
import { Controller, Get, Inject } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  HealthCheck,
  HealthCheckService,
  SequelizeHealthIndicator,
  TerminusModule,
} from '@nestjs/terminus';
import { PublicRoute, SessionGuard } from 'nestjs-server-sessions';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import { Sequelize } from 'sequelize';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf } from '../support/http/responses.js';
import { bringBack, takeAway } from '../support/faults/outage.js';

/** The injection token of the connection, which exists only once the application does. */
const CONNECTION = Symbol('connection');

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(SessionsHealthIndicator) private readonly sessions: SessionsHealthIndicator,
    @Inject(SequelizeHealthIndicator) private readonly sequelize: SequelizeHealthIndicator,
    @Inject(CONNECTION) private readonly connection: { current?: Sequelize },
  ) {}

  @Get('health')
  @PublicRoute()
  @HealthCheck()
  check() {
    return this.health.check([() => this.sessions.pingCheck('sessions')]);
  }

  @Get('ping')
  @PublicRoute()
  @HealthCheck()
  ping() {
    return this.health.check([
      () => this.sequelize.pingCheck('database', { connection: this.connection.current }),
    ]);
  }

  @Get('visit')
  visit(): void {}
}

describeAdapters((adapter) => {
  const startHealthApp = async (): Promise<TestApp> => {
    const connection: { current?: Sequelize } = {};
    const app = await startApp(adapter, {
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        SessionsHealthIndicator,
        { provide: CONNECTION, useValue: connection },
        { provide: APP_GUARD, useExisting: SessionGuard },
      ],
    });
    connection.current = app.connection;
    return app;
  };

  it('the health route follows what requests get, though the ping of Sequelize stays up', async () => {
    const app = await startHealthApp();
    const token = await app.manager.createSession();
    const visit = () => app.http().get('/visit').set('Authorization', bearerOf(token));
    const up = { sessions: { status: 'up' } };
    const health = await app.http().get('/health').expect(200);
    expect(health.body).toMatchObject({ status: 'ok', info: up, details: up });
    await visit().expect(200);

    await takeAway(app.connection);
    const { body } = await app.http().get('/health').expect(503);
    const down = {
      sessions: {
        status: 'down',
        reason: 'rejected',
        message: expect.stringMatching(/^The session database refused the statement/),
      },
    };
    expect(body).toMatchObject({ status: 'error', info: {}, error: down, details: down });
    expect(JSON.stringify(body)).not.toContain('server_sessions');
    await visit().expect(503);
    await app.http().get('/ping').expect(200);

    await bringBack(app.connection);
    await app.http().get('/health').expect(200);
    await visit().expect(200);
    await app.close();
  });
});
