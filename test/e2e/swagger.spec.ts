import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Module, Post, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiSecurity, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  CurrentSession,
  OptionalSession,
  PublicRoute,
  RequireFresh,
  Session,
  SessionGuard,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { ApiSession, documentSessions } from 'nestjs-server-sessions/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';

@Controller()
@UseGuards(SessionGuard)
@ApiSession()
class DocumentedController {
  @Get('basket')
  basket(@Session('basket') basket: string[]) {
    return basket;
  }

  @Post('basket')
  @ApiSession('update')
  async add(@CurrentSession() session: CurrentSession) {
    await session.update({ basket: ['tea'] });
  }

  @Get('visitor')
  @OptionalSession()
  @ApiSession('optional')
  visitor() {}

  @Post('login')
  @HttpCode(200)
  @PublicRoute()
  @ApiSession('start')
  async login(@CurrentSession() session: CurrentSession) {
    await session.start({ userId: 'ada', basket: [] });
  }

  @Post('logout')
  @PublicRoute()
  @ApiSession('end')
  async logout(@CurrentSession() session: CurrentSession) {
    await session.end();
  }

  @Post('switch')
  @PublicRoute()
  @ApiSession('start', 'end')
  switch() {}

  @Get('secrets')
  @RequireFresh(60_000)
  @ApiSession('fresh')
  secrets() {}

  @Get('own')
  @ApiSecurity('key')
  @ApiResponse({ status: 401, description: 'Our own words.' })
  own() {}
}

@Controller('plain')
class PlainController {
  @Get()
  plain() {}
}

@Module({ controllers: [DocumentedController, PlainController] })
class DocumentedModule {}

let shop: TestApp;
afterEach(() => shop.close());

const WITH_LIMIT = { maxSessionsPerUser: 1, onSessionLimit: 'reject' } as const;

const COOKIE = { sessionCookie: [] };
const BEARER = { sessionBearer: [] };

describeAdapters((adapter) => {
  const start = async (options: SessionsModuleOptions = {}) => {
    shop = await startApp(adapter, { imports: [DocumentedModule], options });
    return shop;
  };

  const documentOf = (version: '3.0.0' | '3.1.0' = '3.0.0') => {
    const config = new DocumentBuilder()
      .setTitle('Shop')
      .setOpenAPIVersion(version)
      .addApiKey({ type: 'apiKey', in: 'header', name: 'x-key' }, 'key')
      .build();
    return documentSessions(shop.app, SwaggerModule.createDocument(shop.app, config));
  };

  /** Returns the ways to authenticate and the statuses of an operation. */
  const summary = (path: string, method: 'get' | 'post') => {
    const { security, responses } = documentOf().paths[path]![method]!;
    return { security, statuses: Object.keys(responses) };
  };

  /** Returns the schema of the body that all responses with this status share. */
  const schemaOf = (status: number) => {
    const name = {
      401: 'SessionUnauthorized',
      403: 'SessionForbidden',
      429: 'SessionTooManyRequests',
    }[status]!;
    const { content } = documentOf().components!.responses![name] as Record<string, any>;
    return content['application/json'].schema;
  };

  describe('the security schemes of a document', () => {
    it('the document names the cookie and the bearer token, with the name of the options', async () => {
      await start();
      expect(documentOf().components!.securitySchemes).toMatchObject({
        key: { name: 'x-key' },
        sessionCookie: { type: 'apiKey', in: 'cookie', name: '__Host-id' },
        sessionBearer: { type: 'http', scheme: 'bearer' },
      });
      await shop.close();
      await start({ cookie: { name: 'shop', secure: false } });
      expect(documentOf().components!.securitySchemes).toMatchObject({
        sessionCookie: { name: 'shop' },
      });
    });

    it.each([
      ['cookie', 'sessionCookie'],
      ['bearer', 'sessionBearer'],
    ] as const)('the document has only the transport that is on: %s', async (transport, name) => {
      await start({ transports: [transport] });
      expect(Object.keys(documentOf().components!.securitySchemes!)).toEqual(['key', name]);
      expect(summary('/basket', 'get').security).toEqual([{ [name]: [] }]);
    });

    it('an application without sessions gets an error that names the module', async () => {
      shop = await startApp(adapter, { imports: [DocumentedModule], sessions: null });
      expect(() => documentOf()).toThrow('Import SessionsModule.forRoot()');
    });
  });

  describe('the operations of a document', () => {
    it('each use of a session has its ways to authenticate and its responses', async () => {
      await start(WITH_LIMIT);
      expect(summary('/basket', 'get')).toEqual({
        security: [COOKIE, BEARER],
        statuses: ['200', '401', '503'],
      });
      expect(summary('/basket', 'post')).toEqual({
        security: [COOKIE, BEARER],
        statuses: ['201', '401', '403', '409', '413', '503'],
      });
      expect(summary('/visitor', 'get')).toEqual({
        security: [{}, COOKIE, BEARER],
        statuses: ['200', '503'],
      });
      expect(summary('/login', 'post')).toEqual({
        security: [],
        statuses: ['200', '403', '413', '429', '503'],
      });
      expect(summary('/logout', 'post')).toEqual({
        security: [{}, COOKIE, BEARER],
        statuses: ['201', '403', '503'],
      });
      expect(summary('/switch', 'post')).toEqual({
        security: [{}, COOKIE, BEARER],
        statuses: ['201', '403', '413', '429', '503'],
      });
    });

    it('a route that needs a fresh session has the 403 of a page and the 401 of a bearer', async () => {
      await start();
      expect(summary('/secrets', 'get')).toEqual({
        security: [COOKIE, BEARER],
        statuses: ['200', '401', '403', '503'],
      });
      const token = await shop.manager.createSession({ userId: 'ada' });
      const secrets = (name: string, value: string) => shop.http().get('/secrets').set(name, value);
      for (const response of [
        await secrets('Cookie', cookieOf(token)).expect(403),
        await secrets('Authorization', bearerOf(token)).expect(401),
      ]) {
        const { properties } = schemaOf(response.status);
        expect(properties.code.enum).toContain(response.body.code);
      }
    });

    it('without csrf, cookies or a limit that rejects, no route has their responses', async () => {
      await start();
      expect(summary('/login', 'post').statuses).toEqual(['200', '403', '413', '503']);
      await shop.close();
      await start({ csrf: false });
      expect(summary('/logout', 'post').statuses).toEqual(['201', '503']);
      await shop.close();
      await start({ transports: ['bearer'] });
      expect(summary('/logout', 'post').statuses).toEqual(['201', '503']);
    });

    it('what a handler documents itself stays, and a route without the decorator has nothing', async () => {
      await start();
      const { security, responses } = documentOf().paths['/own']!.get!;
      expect(security).toEqual([{ key: [] }, COOKIE, BEARER]);
      expect(responses[401]).toEqual({ description: 'Our own words.' });
      expect(summary('/plain', 'get')).toEqual({ security: undefined, statuses: ['200'] });
    });

    it('the document has the body of a response as the guard sends it', async () => {
      await start(WITH_LIMIT);
      await shop.http().post('/login').expect(200);
      const cross = shop.http().post('/login').set('Origin', 'https://other.example');
      const responses = [
        await shop.http().get('/basket').expect(401),
        await cross.expect(403),
        await shop.http().post('/login').expect(429),
      ];
      for (const { status, body } of responses) {
        const { required, properties } = schemaOf(status);
        expect(Object.keys(body).toSorted()).toEqual(required.toSorted());
        expect(properties.statusCode.enum).toEqual([body.statusCode]);
        expect(properties.error.enum).toEqual([body.error]);
        expect(properties.code.enum).toContain(body.code);
      }
    });

    it.each(['3.0.0', '3.1.0'] as const)('the document is valid: OpenAPI %s', async (version) => {
      await start(WITH_LIMIT);
      const document = documentOf(version);
      const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
      expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
      expect(JSON.stringify(document)).not.toContain('x-nestjs');
    });

    if (adapter.framework === 'express') {
      // On Fastify, Nest loads @fastify/static by require(), which jest does not let load an ES module.
      it('the page of Swagger UI and the document of the setup have the sessions', async () => {
        shop = await startApp(adapter, {
          imports: [DocumentedModule],
          configure: (app) =>
            SwaggerModule.setup('docs', app, () =>
              documentSessions(
                app,
                SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Shop').build()),
              ),
            ),
        });
        await shop
          .http()
          .get('/docs')
          .expect(200, /swagger-ui/);
        const { body } = await shop.http().get('/docs-json').expect(200);
        expect(body.components.securitySchemes.sessionCookie.name).toBe('__Host-id');
      });
    }
  });
});
