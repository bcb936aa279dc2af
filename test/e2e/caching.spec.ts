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
import { CurrentSession, getCurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

const PUBLIC = 'public, max-age=60';

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

describeAdapters((adapter) => {
  let app: TestApp;
  let cookie: string;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [CachedController] });
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
