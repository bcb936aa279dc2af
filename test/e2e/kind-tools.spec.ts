import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Module, Post, UseGuards } from '@nestjs/common';
import { ApiSecurity, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  SessionGuard,
  SessionManager,
  SessionsConfigurationError,
  SessionsModule,
  type SessionEvent,
} from 'nestjs-server-sessions';
import { observeLiveSessions, SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';
import { ApiSession, documentSessions } from 'nestjs-server-sessions/swagger';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import {
  getStartedSession,
  overrideSessionsOptions,
  signIn,
  TestClock,
} from 'nestjs-server-sessions/testing';
import supertest from 'supertest';
import {
  ADAPTERS,
  describeAdapters,
  startApp,
  startError,
} from '../support/applications/applications.js';
import {
  CustomerController,
  Staff,
  StaffController,
  staffCookie,
  startTwoKinds,
  type StaffSession,
} from '../support/applications/two-kinds.js';

const MEMORY = { storagePath: ':memory:' };

describe('health', () => {
  @Controller()
  class HealthController {
    constructor(
      @Inject(HealthCheckService) private readonly health: HealthCheckService,
      @Inject(SessionsHealthIndicator) private readonly sessions: SessionsHealthIndicator,
      @Inject(Staff.Manager) private readonly staff: SessionManager<StaffSession>,
    ) {}

    @Get('health')
    @HealthCheck()
    check() {
      return this.health.check([() => this.sessions.pingCheck('staff', this.staff)]);
    }

    @Get('customers')
    @HealthCheck()
    customers() {
      return this.health.check([() => this.sessions.pingCheck('customers')]);
    }
  }

  it('the indicator checks the manager that it gets, also without SessionsModule', async () => {
    const app = await startApp(ADAPTERS[0]!, {
      sessions: Staff.Module.forRoot(MEMORY),
      imports: [TerminusModule],
      controllers: [HealthController],
      providers: [SessionsHealthIndicator],
    });
    const { body } = await app.http().get('/health').expect(200);
    expect(body.details).toEqual({ staff: { status: 'up' } });
    await app.http().get('/customers').expect(500);
    expect(app.logger.lines('error').join()).toContain('SessionsModule');
    await app.app.get(Staff.Manager).close();
    await app.http().get('/health').expect(503);
    await app.close();
  });
});

describe('metrics and events', () => {
  let reader: PrometheusExporter;
  let meters: MeterProvider;
  let instrumentation: SessionsInstrumentation;
  beforeEach(() => {
    reader = new PrometheusExporter({ preventServerStart: true });
    meters = new MeterProvider({ readers: [reader] });
    instrumentation = new SessionsInstrumentation();
    instrumentation.setMeterProvider(meters);
  });
  afterEach(async () => {
    instrumentation.disable();
    await meters.shutdown();
  });

  it('name the kind of a named kind, and none of the sessions of SessionsModule', async () => {
    const app = await startTwoKinds(ADAPTERS[0]!);
    const events: SessionEvent[] = [];
    app.manager.events$.subscribe((event) => events.push(event));
    app.staff.events$.subscribe((event) => events.push(event));
    observeLiveSessions(app.manager, meters);
    observeLiveSessions(app.staff, meters);
    await app.manager.createSession({ userId: 'ann', basket: [] });
    const bo = await app.staff.createSession({ userId: 'bo', role: 'agent' });
    await app.staff.createSession({ userId: 'cy', role: 'agent' });
    await app.http().get('/staff/me').set('Cookie', staffCookie(bo)).expect(200);
    await app.http().get('/staff/me').expect(401);
    const { resourceMetrics } = await reader.collect();
    const points = (name: string) =>
      resourceMetrics.scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints as { attributes: object; value: unknown }[])
        .map(({ attributes, value }) => [attributes, value]);
    const staff = { 'server_sessions.kind': 'staff' };
    const created = { 'server_sessions.change': 'created' };
    expect(points('server_sessions.changes')).toEqual([
      [created, 1],
      [{ ...created, ...staff }, 2],
    ]);
    expect(points('server_sessions.live')).toEqual([
      [{}, 1],
      [staff, 2],
    ]);
    expect(points('server_sessions.rejections')).toEqual([
      [{ 'server_sessions.reason': 'missing', ...staff }, 1],
    ]);
    expect(points('server_sessions.lookup.duration')).toEqual([[staff, expect.anything()]]);
    expect(events.map(({ type, kind }) => [type, kind])).toEqual([
      ['created', undefined],
      ['created', 'staff'],
      ['created', 'staff'],
      ['rejected', 'staff'],
    ]);
    await app.close();
  });
});

@Controller('documented')
@ApiSession(Staff)
class DocumentedController {
  @Get('staff')
  staff(): void {}

  @Post('login')
  @ApiSession(Staff, 'start')
  login(): void {}

  @Get('both')
  @ApiSession()
  @UseGuards(SessionGuard)
  both(): void {}

  @Get('staff-or-key')
  @ApiSecurity('key')
  @ApiSession(Staff, 'optional')
  staffOrKey(): void {}
}

describe('the OpenAPI document', () => {
  const documentOf = (app: Awaited<ReturnType<typeof startApp>>['app']): any =>
    documentSessions(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));

  it('has the schemes of each kind, and both for a handler that needs both', async () => {
    const app = await startTwoKinds(ADAPTERS[0]!, { controllers: [DocumentedController] });
    const document = documentOf(app.app);
    const securityOf = (path: string, method = 'get') =>
      document.paths[`/documented/${path}`][method].security;
    const [cookie, bearer] = [{ staffSessionCookie: [] }, { staffSessionBearer: [] }];
    expect(securityOf('staff')).toEqual([cookie, bearer]);
    expect(securityOf('login', 'post')).toEqual([]);
    expect(securityOf('staff-or-key')).toEqual([{ key: [] }, cookie, bearer]);
    expect(securityOf('both')).toHaveLength(3);
    expect(securityOf('both')).toEqual(
      expect.arrayContaining([
        { sessionCookie: [], ...cookie },
        { sessionBearer: [], ...cookie },
        { sessionCookie: [], ...bearer },
      ]),
    );
    expect(Object.keys(document.components.securitySchemes).toSorted()).toEqual([
      'sessionBearer',
      'sessionCookie',
      'staffSessionBearer',
      'staffSessionCookie',
    ]);
    expect(document.components.securitySchemes.staffSessionCookie.name).toBe('__Host-staff-id');
    expect(JSON.stringify(document)).not.toContain('x-nestjs-server-sessions');
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
    await app.close();
  });

  it('needs no SessionsModule if all operations are of a named kind', async () => {
    @Controller()
    class OnlyStaffController {
      @Get('only')
      @ApiSession(Staff)
      only(): void {}
    }
    const app = await startApp(ADAPTERS[0]!, {
      sessions: Staff.Module.forRoot(MEMORY),
      controllers: [OnlyStaffController],
    });
    expect(Object.keys(documentOf(app.app).components.securitySchemes)).toHaveLength(2);
    await app.close();
  });
});

describeAdapters((adapter) => {
  describe('the testing kit', () => {
    @Module({
      imports: [
        SessionsModule.forRoot({ ...MEMORY, expireTime: 1000 }),
        Staff.Module.forRoot({ ...MEMORY, expireTime: 1000, cookie: { name: 'office' } }),
      ],
      controllers: [CustomerController, StaffController],
    })
    class CompanyModule {}

    it('signs in as a kind, and replaces the options of one kind', async () => {
      const clock = new TestClock();
      const builder = Test.createTestingModule({ imports: [CompanyModule] });
      overrideSessionsOptions(builder, { clock, expireTime: 60_000 }, { kind: Staff });
      const module = await builder.compile();
      const app = module.createNestApplication(adapter.create());
      await adapter.prepare(app);
      await app.listen(0, '127.0.0.1');
      const http = supertest(app.getHttpServer());
      const bo = await signIn(app, { userId: 'bo', role: 'agent' }, { kind: Staff });
      expect(bo.cookie).toBe(`office=${bo.token}`);
      clock.advance(59_000);
      await http.get('/staff/me').set(bo.headers).expect(200, { staff: 'bo' });
      await http.get('/shop/me').set(bo.headers).expect(401);
      const ann = await signIn(app, { userId: 'ann', basket: [] });
      await http.get('/shop/me').set(ann.headers).expect(200, { customer: 'ann' });
      const login = await http.post('/staff/login').send({ name: 'cy' }).expect(200);
      const started = await getStartedSession(app, login, { kind: Staff });
      expect(started?.data).toEqual({ userId: 'cy', role: 'agent' });
      expect(await getStartedSession(app, login)).toBeUndefined();
      await app.close();
    });

    it('refuses what is no kind, and a kind that the application does not have', async () => {
      const app = await startApp(adapter);
      const asStaff = signIn(app.app, { userId: 'bo', role: 'agent' }, { kind: Staff });
      await expect(asStaff).rejects.toThrow("defineSessions('staff').Module");
      const wrong = signIn(app.app, {}, { kind: 'staff' as never });
      await expect(wrong).rejects.toThrow(SessionsConfigurationError);
      await app.close();
    });
  });

  it('each kind can bind its sessions to browsers, by a route of its own', async () => {
    const deviceBound = { within: 600_000 };
    const app = await startTwoKinds(adapter, {
      options: { deviceBound },
      staff: { deviceBound },
      configure: (nest) => void nest.setGlobalPrefix('api'),
    });
    const login = await app.http().post('/api/staff/login').send({ name: 'bo' }).expect(200);
    const registration = login.get('Secure-Session-Registration');
    expect(registration).toContain('path="/api/session-device/staff"');
    const shop = await app.http().post('/api/shop/login').send({ name: 'ann' }).expect(200);
    expect(shop.get('Secure-Session-Registration')).toContain('path="/api/session-device"');
    const refresh = (path: string, id: string) =>
      app.http().post(path).set('Sec-Secure-Session-Id', `"${id}"`);
    const id = login.body.token.slice(0, 36);
    for (const path of ['/api/session-device', '/api/session-device/staff']) {
      const { body } = await refresh(path, id);
      expect(body).toEqual({ continue: false });
    }
    await app.close();
  });
});

it('a kind does not start with options that are wrong, and the log of its warnings names it', async () => {
  const error = await startError(() =>
    startApp(ADAPTERS[0]!, {
      sessions: Staff.Module.forRoot({ ...MEMORY, expireTime: -1 }),
    }),
  );
  expect(error).toBeInstanceOf(SessionsConfigurationError);
});
