import fastifyStatic from '@fastify/static';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Header,
  Post,
  Req,
  Res,
  StreamableFile,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CurrentSession, getCurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';

const PUBLIC = 'public, max-age=60';

const ROOT = process.cwd();

/** Sends a file by Express, or by @fastify/static. */
function sendFile(response: any, options: object): void {
  if (response.raw) {
    response.sendFile('LICENSE', ROOT, options);
  } else {
    response.sendFile('LICENSE', { root: ROOT, ...options });
  }
}

let preset: string | string[] | undefined;

/** Sets Cache-Control before the session is read. */
class PresetGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (preset !== undefined) {
      context.switchToHttp().getResponse().header('Cache-Control', preset);
    }
    return true;
  }
}

@Controller()
@UseGuards(PresetGuard)
class CachedController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('current')
  current(@CurrentSession() session: CurrentSession): { exists: boolean } {
    return { exists: session.exists };
  }

  @Get('asked')
  async asked(@Req() request: object): Promise<{ exists: boolean }> {
    const { exists } = await getCurrentSession(request);
    return { exists };
  }

  @Get('open')
  open(): { open: boolean } {
    return { open: true };
  }

  @Get('published')
  @UseGuards(SessionGuard)
  published(@Res({ passthrough: true }) response: any): string[] {
    response.header('Cache-Control', PUBLIC);
    return [];
  }

  @Get('declared')
  @UseGuards(SessionGuard)
  @Header('Cache-Control', PUBLIC)
  declared(): string[] {
    return [];
  }

  @Get('declared-for-all')
  @Header('Cache-Control', PUBLIC)
  declaredForAll(@CurrentSession() _: CurrentSession): string[] {
    return [];
  }

  @Get('taken-over')
  @UseGuards(SessionGuard)
  takenOver(@Res() response: any): void {
    response.hijack?.();
    (response.raw ?? response).end('by hand');
  }

  /** As docs/security.md says: without the header of @fastify/static. */
  @Get('file')
  @UseGuards(SessionGuard)
  file(@Res() response: any): void {
    sendFile(response, { cacheControl: false });
  }

  @Get('file-of-its-own')
  @UseGuards(SessionGuard)
  ownFile(@Res() response: any): void {
    response.header('Cache-Control', 'private, max-age=60');
    sendFile(response, { cacheControl: false });
  }

  @Get('default-file')
  @UseGuards(SessionGuard)
  defaultFile(@Res() response: any): void {
    sendFile(response, {});
  }

  @Get('streamed-file')
  @UseGuards(SessionGuard)
  streamedFile(): StreamableFile {
    return new StreamableFile(Buffer.from('file'));
  }

  @Get('begun')
  async begun(@Req() request: object, @Res() response: any): Promise<void> {
    response.hijack?.();
    const raw = response.raw ?? response;
    raw.write('begun');
    await getCurrentSession(request);
    raw.end();
  }

  @Post('login/header')
  async header(
    @CurrentSession() session: CurrentSession,
    @Res({ passthrough: true }) response: any,
  ): Promise<void> {
    await session.start({ userId: 'ann' });
    response.header('Cache-Control', PUBLIC);
  }

  @Post('login/removed')
  async removed(
    @CurrentSession() session: CurrentSession,
    @Res({ passthrough: true }) response: any,
  ): Promise<void> {
    await session.start({ userId: 'ann' });
    response.removeHeader('Cache-Control');
  }

  @Post('login/stream')
  async stream(
    @CurrentSession() session: CurrentSession,
    @Res({ passthrough: true }) response: any,
  ): Promise<StreamableFile> {
    await session.start({ userId: 'ann' });
    response.header('Cache-Control', PUBLIC);
    return new StreamableFile(Buffer.from('file'));
  }

  @Post('login/head')
  async head(@CurrentSession() session: CurrentSession, @Res() response: any): Promise<void> {
    await session.start({ userId: 'ann' });
    response.hijack?.();
    (response.raw ?? response).writeHead(201, 'Made', { 'Cache-Control': PUBLIC }).end();
  }

  @Post('login/copied-head')
  async copiedHead(@CurrentSession() session: CurrentSession, @Res() response: any): Promise<void> {
    await session.start({ userId: 'ann' });
    const headers = response.getHeaders();
    response.hijack?.();
    (response.raw ?? response).writeHead(201, { ...headers, 'Cache-Control': PUBLIC }).end();
  }

  @Post('login/listed-head')
  async listedHead(@CurrentSession() session: CurrentSession, @Res() response: any): Promise<void> {
    await session.start({ userId: 'ann' });
    response.hijack?.();
    (response.raw ?? response).writeHead(201, ['Cache-Control', PUBLIC, 'X-Kind', 'list']).end();
  }

  @Post('login/regenerate')
  async twice(
    @CurrentSession() session: CurrentSession,
    @Res({ passthrough: true }) response: any,
  ): Promise<void> {
    await session.start({ userId: 'ann' });
    await session.regenerate();
    response.header('Cache-Control', PUBLIC);
  }

  @Post('logout')
  async logout(
    @CurrentSession() session: CurrentSession,
    @Res({ passthrough: true }) response: any,
  ): Promise<void> {
    await session.end();
    response.header('Cache-Control', PUBLIC);
  }
}

describeCookiePlugins((adapter) => {
  let app: TestApp;
  let cookie: string;

  /** Starts the application. On Fastify, it sends files by @fastify/static with these options. */
  const startFiles = (options: object) =>
    startApp(adapter, {
      controllers: [CachedController],
      configure: (opened) => {
        if (adapter.framework === 'fastify') {
          const files = { root: ROOT, ...options };
          void (opened as NestFastifyApplication).register(fastifyStatic as any, files);
        }
      },
    });

  beforeAll(async () => {
    app = await startFiles({ serve: false });
    cookie = cookieOf(await app.manager.createSession({ userId: 'ann' }));
  });
  afterAll(() => app.close());

  const cachingOf = async (path: string, before?: string | string[]) => {
    preset = before;
    const answer = await app.http().get(path).set('Cookie', cookie).expect(200);
    return answer.headers['cache-control'];
  };

  describe('the response to a request whose session was read', () => {
    it.each([
      ['a guard', '/guarded'],
      ['@CurrentSession()', '/current'],
      ['getCurrentSession()', '/asked'],
    ])('the response to a request whose session was read is private: by %s', async (_, path) => {
      expect(await cachingOf(path)).toBe('private, no-cache');
    });

    it('the response to a visitor without a session is private too', async () => {
      preset = undefined;
      const answer = await app.http().get('/current').expect(200, { exists: false });
      expect(answer.headers['cache-control']).toBe('private, no-cache');
    });

    it.each([
      'private',
      'no-store',
      'Private, max-age=60',
      'max-age=60,NO-STORE',
      'no-cache="a, b" , private',
    ])('a Cache-Control that already protects the response is kept: %s', async (before) => {
      expect(await cachingOf('/guarded', before)).toBe(before);
    });

    it('Cache-Control values in several headers are all kept', async () => {
      expect(await cachingOf('/guarded', ['max-age=60', 'private'])).toBe('max-age=60, private');
    });

    it.each([
      PUBLIC,
      'no-cache',
      'max-age=60',
      'private="set-cookie"',
      'no-cache="a, private, b"',
      'no-cache="a, private, b',
      String.raw`no-cache="a\", private, b"`,
      'not-private',
      'private-ish',
      'no-store=1',
    ])('a Cache-Control that does not protect the response is replaced: %s', async (before) => {
      expect(await cachingOf('/guarded', before)).toBe('private, no-cache');
    });

    it('a Cache-Control that the handler sets after the read wins', async () => {
      expect(await cachingOf('/published')).toBe(PUBLIC);
      expect(await cachingOf('/declared')).toBe(PUBLIC);
    });

    it('the response is private if @Header() runs before the read', async () => {
      expect(await cachingOf('/declared-for-all')).toBe('private, no-cache');
    });

    it('the response is private if the handler sends it manually', async () => {
      expect(await cachingOf('/taken-over')).toBe('private, no-cache');
    });

    it('a file is private without the Cache-Control of @fastify/static, or has that of the handler', async () => {
      expect(await cachingOf('/file')).toBe('private, no-cache');
      expect(await cachingOf('/file-of-its-own')).toBe('private, max-age=60');
    });

    it('a StreamableFile is private', async () => {
      expect(await cachingOf('/streamed-file')).toBe('private, no-cache');
    });

    it('@fastify/static can leave Cache-Control out of all files', async () => {
      const other = await startFiles({ serve: false, cacheControl: false });
      try {
        const own = cookieOf(await other.manager.createSession({ userId: 'ann' }));
        const answer = await other.http().get('/default-file').set('Cookie', own).expect(200);
        expect(answer.headers['cache-control']).toBe('private, no-cache');
      } finally {
        await other.close();
      }
    });

    it('by default, @fastify/static replaces Cache-Control, and Express does not', async () => {
      const isFastify = adapter.framework === 'fastify';
      const expected = isFastify ? 'public, max-age=0' : 'private, no-cache';
      expect(await cachingOf('/default-file')).toBe(expected);
    });

    it('headers that are already sent are left unchanged', async () => {
      expect(await cachingOf('/begun')).toBeUndefined();
    });
  });

  it('the response to a request whose session nobody read has no Cache-Control', async () => {
    expect(await cachingOf('/open')).toBeUndefined();
    expect(await cachingOf('/open', PUBLIC)).toBe(PUBLIC);
  });

  it('a refusal is no-store, whatever was set before', async () => {
    preset = PUBLIC;
    expectRefusal(await app.http().get('/guarded'), 'SESSION_MISSING');
  });

  describe('the response that sets or clears the cookie', () => {
    it.each(['header', 'removed', 'stream', 'head', 'copied-head', 'listed-head', 'regenerate'])(
      'a response that sets the cookie is no-store, whatever its handler sets: by %s',
      async (name) => {
        preset = undefined;
        const answer = await app.http().post(`/login/${name}`).expect(201);
        expect(answer.headers['cache-control']).toBe('no-store');
      },
    );

    it('the response to a logout is no-store too', async () => {
      preset = undefined;
      const token = await app.manager.createSession();
      const answer = await app.http().post('/logout').set('Cookie', cookieOf(token)).expect(201);
      expect(cookiesOf(answer)).toHaveLength(1);
      expect(answer.headers['cache-control']).toBe('no-store');
    });
  });
});
