import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionExpiredError, SessionGuard } from 'nestjs-server-sessions';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, expectRefusal } from '../support/http/responses.js';
import { codeIn, literal, tableOf, type Row } from '../support/docs/tables.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A row of the table of presets. */
interface Preset {
  readonly name: string;
  readonly options: SessionsModuleOptions;
  readonly overall: number;
  /** `undefined` if there is no idle timeout. */
  readonly idle: number | undefined;
}

const OPTIONS = ['rolling', 'expireTime', 'renewTimestamp', 'touchAfter', 'absoluteTimeout'];

const PRESETS = tableOf('docs/security.md', 'Preset').map(presetOf);

/** The ranges that the sources require: from, to. */
const RANGES: Record<string, { overall: [number, number]; idle: [number, number] | undefined }> = {
  aal1: { overall: [0, 30 * DAY], idle: undefined },
  aal2: { overall: [0, 24 * HOUR], idle: [0, HOUR] },
  aal3: { overall: [0, 12 * HOUR], idle: [0, 15 * MINUTE] },
  'low-risk': { overall: [4 * HOUR, 8 * HOUR], idle: [15 * MINUTE, 30 * MINUTE] },
  'high-value': { overall: [4 * HOUR, 8 * HOUR], idle: [2 * MINUTE, 5 * MINUTE] },
};

@Controller()
class PageController {
  @Post('login')
  login(@CurrentSession() session: CurrentSession): Promise<string> {
    return session.start({ userId: 'ada' });
  }

  @Get('page')
  @UseGuards(SessionGuard)
  page(): string {
    return 'a page';
  }
}

describe('the presets', () => {
  it('the presets match NIST and OWASP', () => {
    expect(PRESETS.map(({ name }) => name)).toEqual(Object.keys(RANGES));
  });

  it.each(PRESETS)(
    'the presets of $name are in the range of their source',
    ({ name, overall, idle }) => {
      const range = RANGES[name]!;
      expect(within(overall, range.overall)).toBe(true);
      expect(idle !== undefined && within(idle, range.idle!)).toBe(range.idle !== undefined);
    },
  );
});

describe.each(PRESETS)('an application with the preset $name', ({ options, overall, idle }) => {
  /** How often the session is used: every few minutes if a use counts. */
  const step = idle === undefined ? 6 * HOUR : Math.min(5 * MINUTE, idle / 2.5);
  let app: TestApp;
  let token: string;
  let start: number;

  beforeEach(async () => {
    app = await startApp(ADAPTERS[0]!, { controllers: [PageController], options });
    token = (await app.http().post('/login').expect(201)).text;
    start = app.clock.now();
  });
  afterEach(() => app.close());

  const request = () => app.http().get('/page').set('Authorization', bearerOf(token));
  const age = () => app.clock.now() - start;
  const expectAlive = async () => void (await request().expect(200));
  const expectExpired = async () => expectRefusal(await request(), 'SESSION_EXPIRED');

  /** Uses the session every `step` until it has this age. */
  const useUntil = async (until: number, use: () => Promise<unknown>) => {
    while (age() + step < until) {
      app.clock.advance(step);
      await use();
    }
    app.clock.advance(until - age());
  };

  if (idle === undefined) {
    it('an unused session is kept until the overall limit, to the millisecond', async () => {
      app.clock.advance(overall - 1);
      await expectAlive();
      app.clock.advance(1);
      await expectExpired();
    });
  } else {
    const touchAfter = options.touchAfter!;

    it('an idle session ends to the millisecond', async () => {
      app.clock.advance(idle - 1);
      await expectAlive();
      app.clock.advance(idle - 1);
      await expectAlive();
      app.clock.advance(idle);
      await expectExpired();
    });

    it('a session that was never used ends to the millisecond', async () => {
      app.clock.advance(idle);
      await expectExpired();
    });

    it('an idle session ends earlier, by less than touchAfter, if its last use was not written', async () => {
      app.clock.advance(touchAfter - 1);
      await expectAlive();
      app.clock.advance(idle - touchAfter);
      await expectAlive();
      app.clock.advance(touchAfter - 1);
      await expectAlive();
      app.clock.advance(idle - touchAfter + 1);
      await expectExpired();
    });
  }

  it('a session in constant use ends at the overall limit, to the millisecond', async () => {
    await useUntil(overall - 1, expectAlive);
    await expectAlive();
    app.clock.advance(1);
    await expectExpired();
  });

  it('a session used within touchAfter of the overall limit is kept until then', async () => {
    const offset = (options.touchAfter ?? MINUTE) / 2;
    app.clock.advance(offset);
    await useUntil(overall - offset * 2, expectAlive);
    await expectAlive();
    app.clock.advance(overall - age());
    await expectExpired();
  });

  it('a session ends at the overall limit although it is renewed, updated and rotated all the time', async () => {
    const { manager } = app;
    await useUntil(overall - 1, async () => {
      await manager.renewSession(token);
      await manager.updateSession(token, { userId: 'ada', age: age() });
      token = await manager.regenerateSession(token);
    });
    await expect(manager.retrieveSession(token)).resolves.toMatchObject({ userId: 'ada' });
    app.clock.advance(1);
    await expect(manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
  });

  it('the overall limit counts from the last login', async () => {
    await useUntil(overall - 1, expectAlive);
    const login = app.http().post('/login').set('Authorization', bearerOf(token));
    token = (await login.expect(201)).text;
    app.clock.advance((idle ?? overall) - 1);
    await expectAlive();
  });
});

function presetOf(row: Row): Preset {
  const cells = OPTIONS.map((option) => [option, codeIn(row[`\`${option}\``]!)[0]] as const);
  return {
    name: codeIn(row['Preset']!)[0]!,
    options: Object.fromEntries(
      cells
        .filter(([, value]) => value !== undefined)
        .map(([option, value]) => [option, literal(value!)]),
    ),
    overall: durationOf(row['Overall, at most']!)!,
    idle: durationOf(row['Idle, at most']!),
  };
}

/** Returns the milliseconds of `12 h`; `undefined` for `none`. */
function durationOf(text: string): number | undefined {
  if (text === 'none') {
    return undefined;
  }
  const [, count, unit] = /^(\d+) (min|h|d)$/.exec(text)!;
  return Number(count) * { min: MINUTE, h: HOUR, d: DAY }[unit as 'd' | 'h' | 'min'];
}

function within(value: number, [from, to]: [number, number]): boolean {
  return from <= value && value <= to;
}
