import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { SequelizeModule } from '@nestjs/sequelize';
import { SessionExceptionFilter, SessionManager, SessionsModule } from 'nestjs-server-sessions';
import { ADAPTERS, startApp, type TestAppOptions } from '../support/applications/applications.js';

const OWN = { dialect: 'sqlite', storage: ':memory:', logging: false } as const;

const UNTIL = new Date('2100-01-01T12:00:00.000Z');
const SHOWN = '2100-01-01T12:00:00.000Z';

@Controller()
class TokenController {
  constructor(private readonly sessions: SessionManager) {}

  @Get('data')
  data(): Promise<unknown> {
    return this.sessions.retrieveSession('nonsense');
  }
}

/** Returns what the sessions module logs when an application starts. */
async function reportOf(options: TestAppOptions): Promise<{ log: string[]; warn: string[] }> {
  const app = await startApp(ADAPTERS[0]!, options);
  const ours = (level: 'log' | 'warn') =>
    app.logger.lines(level).filter((line) => line.includes('Sessions are') || level === 'warn');
  const report = { log: ours('log'), warn: ours('warn') };
  await app.close();
  return report;
}

describe('at its start, an application', () => {
  const environment = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  it('the log at start names the file that keeps the sessions, and what runs its database', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    const storagePath = join(folder, 'sessions.sqlite');
    const { log, warn } = await reportOf({ options: { storagePath } });
    expect(log).toEqual([
      expect.stringContaining(`${storagePath}, which is run by the package sqlite3`),
    ]);
    expect(warn).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('the log at start names the filter for a controller that injects the manager, if there is none', async () => {
    const linesOf = async (options: TestAppOptions) => {
      const app = await startApp(ADAPTERS[0]!, options);
      const lines = app.logger.lines('log').filter((line) => line.includes('SessionManager'));
      await app.close();
      return lines;
    };
    expect(await linesOf({})).toEqual([]);
    const controllers = [TokenController];
    expect(await linesOf({ controllers })).toEqual([
      expect.stringMatching(/^TokenController injects SessionManager.*new SessionExceptionFilter/),
    ]);
    const configure: TestAppOptions['configure'] = (app) =>
      app.useGlobalFilters(new SessionExceptionFilter());
    expect(await linesOf({ controllers, configure })).toEqual([]);
  });

  it('the log at start names a connection of the application', async () => {
    const { log, warn } = await reportOf({
      imports: [SequelizeModule.forRoot(OWN)],
      sessions: SessionsModule.forRoot({ connection: 'default' }),
    });
    expect(log).toEqual([expect.stringContaining('sqlite')]);
    expect(warn).toEqual([]);
  });

  it('a connection that does not keep the sessions is warned about at start, with advice', async () => {
    const { warn } = await reportOf({ imports: [SequelizeModule.forRoot(OWN)] });
    expect(warn).toEqual([expect.stringContaining("connection: 'default'")]);
  });

  it('a named connection causes no warning', async () => {
    const { warn } = await reportOf({ imports: [SequelizeModule.forRoot({ ...OWN, name: 'x' })] });
    expect(warn).toEqual([]);
  });

  it.each([
    [299_999, 1],
    [300_000, 0],
  ])('deviceBound.within of %i ms causes so many warnings: %i', async (within, count) => {
    const { warn } = await reportOf({ options: { deviceBound: { within } } });
    expect(warn.filter((line) => line.includes('deviceBound.within'))).toHaveLength(count);
  });

  it('production with an embedded database is warned about, because it serves one machine', async () => {
    process.env['NODE_ENV'] = 'production';
    const { warn } = await reportOf({});
    expect(warn).toEqual([expect.stringContaining('one machine')]);
  });

  it.each([
    [{ secure: false }, ['secure: false sends it over plain http']],
    [
      { httpOnly: false, sameSite: 'none' },
      [
        'httpOnly: false shows it to scripts',
        "sameSite: 'none' sends it with requests of every site",
      ],
    ],
    [{ domain: 'example.com' }, ['domain gives it to other hosts']],
    [{ name: 'sid' }, ['its name has no __Host- prefix']],
    [{ name: 'my__Host-id' }, ['its name has no __Host- prefix']],
    [
      { previous: [{ name: 'sid', until: UNTIL }] },
      [`until ${SHOWN} its previous cookie "sid" can be set by other hosts`],
    ],
    [
      { previous: [{ name: '__Secure-id', until: UNTIL.getTime() }] },
      [`until ${SHOWN} its previous cookie "__Secure-id" can be set by other hosts`],
    ],
    [
      { domain: 'example.com', previous: [{ name: 'sid', until: UNTIL }] },
      [
        'domain gives it to other hosts',
        `until ${SHOWN} its previous cookie "sid" can be set over plain http`,
      ],
    ],
    [
      { domain: 'example.com', previous: [{ name: '__Host-id', until: UNTIL }] },
      [
        'domain gives it to other hosts',
        `until ${SHOWN} a cookie "__Secure-id" that was set by other hosts hides the session in the ` +
          'previous cookie "__Host-id"',
      ],
    ],
  ] as const)('a weaker cookie in production is warned about once: %o', async (cookie, named) => {
    process.env['NODE_ENV'] = 'production';
    const { warn } = await reportOf({ options: { cookie } });
    const ofCookie = warn.filter((line) => line.includes('cookie'));
    expect(ofCookie).toEqual([expect.stringContaining(`: ${named.join('; ')}.`)]);
  });

  it('a previous cookie that is ignored by now is warned about at start, and is no weakness', async () => {
    process.env['NODE_ENV'] = 'production';
    const cookie = { previous: [{ name: 'sid', until: 1_900_000_000 }] }; // Seconds.
    const { warn } = await reportOf({ options: { cookie } });
    expect(warn.filter((line) => line.includes('cookie'))).toEqual([
      expect.stringMatching(
        /^cookie\.previous\[0\], "sid", has been ignored since 1970-01-.+ Remove it/,
      ),
    ]);
  });

  it('a weaker cookie causes no warning in development, or if it is never set', async () => {
    expect((await reportOf({ options: { cookie: { secure: false } } })).warn).toEqual([]);
    process.env['NODE_ENV'] = 'production';
    const { warn } = await reportOf({ options: { transports: ['bearer'] } });
    expect(warn.filter((line) => line.includes('cookie'))).toEqual([]);
  });

  it.each(['expireTime', 'renewTimestamp'])(
    'a value of %s that looks like seconds is warned about',
    async (name) => {
      const { warn } = await reportOf({ options: { touchAfter: 1, [name]: 900 } });
      expect(warn).toEqual([expect.stringContaining(`${name} is 900`)]);
    },
  );

  it('production with a connection of the application causes no warning', async () => {
    process.env['NODE_ENV'] = 'production';
    const { warn } = await reportOf({
      imports: [SequelizeModule.forRoot(OWN)],
      sessions: SessionsModule.forRoot({ connection: 'default' }),
    });
    expect(warn).toEqual([]);
  });
});
