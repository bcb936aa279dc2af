import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  ParseIntPipe,
  UseGuards,
  type PipeTransform,
} from '@nestjs/common';
import { OptionalSession, Session, SessionGuard, SessionToken } from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';

interface Visits {
  visits: number;
  pages: { path: string }[];
  label?: string;
}

@Injectable()
class PathsPipe implements PipeTransform<Visits, string[]> {
  transform({ pages }: Visits): string[] {
    return pages.map(({ path }) => path);
  }
}

@Controller()
@UseGuards(SessionGuard)
class VisitsController {
  @Get('all')
  all(@Session() session: Visits): Visits {
    return session;
  }

  @Get('visits')
  visits(@Session('visits') visits: number, @Session('missing') missing: unknown): unknown {
    return { visits, missing: typeof missing };
  }

  @Get('piped')
  piped(
    @Session(PathsPipe) paths: string[],
    @Session(
      'visits',
      new (class {
        transform = (visits: number) => -visits;
      })(),
    )
    negative: number,
  ): unknown {
    return { paths, negative };
  }

  @Get('checked')
  checked(@Session('label', ParseIntPipe) label: number): unknown {
    return { label };
  }

  @Get('mutating')
  mutating(@Session() session: Visits, @Session('pages') pages: { path: string }[]): unknown {
    const attempts: (() => unknown)[] = [
      () => session.visits++,
      () => (session.label = 'mine'),
      () => delete session.label,
      () => session.pages.push({ path: '/new' }),
      () => (session.pages[0]!.path = '/other'),
      () => pages.pop(),
    ];
    return attempts.map((attempt) => {
      try {
        return attempt();
      } catch (error) {
        return (error as Error).name;
      }
    });
  }

  @Get('optional')
  @OptionalSession()
  optional(@Session() session: unknown, @Session('visits') visits: unknown): unknown {
    return { session: typeof session, visits: typeof visits };
  }

  @Get('token')
  @OptionalSession()
  token(@SessionToken() token: string | undefined): unknown {
    return { token: token ?? 'none' };
  }
}

@Controller('unguarded')
class UnguardedController {
  @Get()
  forgotten(@Session() session: Visits): Visits {
    return session;
  }
}

describeAdapters((adapter) => {
  let app: TestApp<Visits | null | number>;
  const data: Visits = { visits: 2, pages: [{ path: '/' }, { path: '/tea' }], label: '7' };

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [VisitsController, UnguardedController] });
  });
  afterAll(() => app.close());

  const get = async (path: string, stored: Visits | null | number = data) =>
    app
      .http()
      .get(path)
      .set('Cookie', cookieOf(await app.manager.createSession(stored)));

  describe('@Session()', () => {
    it('@Session() is the whole data', async () => {
      expect((await get('/all')).body).toEqual(data);
    });

    it('@Session(key) is one property, or undefined if it does not exist', async () => {
      expect((await get('/visits')).body).toEqual({ visits: 2, missing: 'undefined' });
    });

    it.each([null, 0])('@Session(key) is undefined if the data is %p', async (stored) => {
      expect((await get('/visits', stored)).body).toEqual({ missing: 'undefined' });
    });

    it('@Session() applies pipes to the whole data and to one property', async () => {
      expect((await get('/piped')).body).toEqual({ paths: ['/', '/tea'], negative: -2 });
    });

    it('a pipe of @Session() can refuse the request', async () => {
      expect((await get('/checked')).body).toEqual({ label: 7 });
      expect((await get('/checked', { ...data, label: 'seven' })).status).toBe(400);
    });

    it('the data of @Session() is frozen in depth, so that no change is silently lost', async () => {
      const token = await app.manager.createSession(data);
      const answer = await app.http().get('/mutating').set('Cookie', cookieOf(token));
      expect(answer.body).toEqual(Array(6).fill('TypeError'));
      await expect(app.manager.retrieveSession(token)).resolves.toEqual(data);
    });

    it('@Session() is undefined if an optional session does not exist', async () => {
      const strangers = { session: 'undefined', visits: 'undefined' };
      await app.http().get('/optional').expect(200, strangers);
      await app.http().get('/optional').set('Cookie', cookieOf('nonsense')).expect(200, strangers);
      expect((await get('/optional')).body).toEqual({ session: 'object', visits: 'number' });
    });

    it('@Session() without a guard is a 500, and the log names the handler and the remedy', async () => {
      app.logger.clear();
      const answer = await get('/unguarded');
      expect(answer.status).toBe(500);
      expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
      const [line] = app.logger.lines('error');
      expect(line).toContain('UnguardedController.forgotten()');
      expect(line).toContain('@UseGuards(SessionGuard)');
    });
  });

  describe('@SessionToken()', () => {
    it('@SessionToken() is the token of the cookie or the bearer', async () => {
      const token = await app.manager.createSession(data);
      await app.http().get('/token').set('Cookie', cookieOf(token)).expect(200, { token });
      await app.http().get('/token').set('Authorization', bearerOf(token)).expect(200, { token });
    });

    it('@SessionToken() is undefined without a live session, whatever was sent', async () => {
      const token = await app.manager.createSession(data);
      await app.manager.removeSession(token);
      for (const sent of [cookieOf(token), cookieOf('nonsense'), '']) {
        await app.http().get('/token').set('Cookie', sent).expect(200, { token: 'none' });
      }
    });
  });
});
