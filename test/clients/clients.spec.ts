import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { driveChromium } from '../browser/support/driven-chromium.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { overHttps, type OverHttps } from '../support/applications/over-https.js';
import {
  describePrograms,
  missingOf,
  type TestProgram,
} from '../support/runner/installed-programs.js';

const PROGRAMS = 'test/clients/programs';

/** An HTTP client with a cookie jar. */
interface TestClient extends TestProgram {
  /** Whether it keeps a Secure cookie that comes from http://localhost. */
  readonly keepsSecureFromLocalhost: boolean;
  /** Logs in, sends a guarded request, logs out and sends it again; returns the statuses. */
  visit(url: string): Promise<number[]>;
}

const run = promisify(execFile);

/** A program that takes the URL, and perhaps a file for its cookies, and prints the statuses. */
const program =
  (command: string, file: string): TestClient['visit'] =>
  async (url) => {
    const folder = mkdtempSync(join(tmpdir(), 'client-'));
    try {
      const jar = join(folder, 'cookies');
      const { stdout } = await run(command, [join(PROGRAMS, file), url, jar]);
      return stdout.trim().split('\n').map(Number);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

/** Returns what is missing for a language: its program, or a module that a command needs. */
const missingModule = (command: string, module: string, ...check: string[]) =>
  missingOf(command) ?? (spawnSync(command, check).status === 0 ? undefined : `no ${module}`);

async function visitInChromium(url: string): Promise<number[]> {
  const browser = await driveChromium();
  try {
    const device = await browser.device();
    await device.goTo(`${url}/page`);
    const ask = (method: string, path: string) =>
      device.evaluate<number>(
        `fetch('${path}', { method: '${method}' }).then(({ status }) => status)`,
      );
    return [
      await ask('POST', '/login'),
      await ask('GET', '/me'),
      await ask('POST', '/logout'),
      await ask('GET', '/me'),
    ];
  } finally {
    await browser.close();
  }
}

const CLIENTS: readonly TestClient[] = [
  {
    name: 'curl',
    missing: missingOf('curl'),
    keepsSecureFromLocalhost: true,
    visit: program('sh', 'curl.sh'),
  },
  {
    name: 'wget',
    missing: missingOf('wget'),
    keepsSecureFromLocalhost: false,
    visit: program('sh', 'wget.sh'),
  },
  {
    name: 'Python urllib',
    missing: missingOf('python3'),
    keepsSecureFromLocalhost: false,
    visit: program('python3', 'urllib_client.py'),
  },
  {
    name: 'Python requests',
    missing: missingModule('python3', 'requests for Python', '-c', 'import requests'),
    keepsSecureFromLocalhost: false,
    visit: program('python3', 'requests_client.py'),
  },
  {
    name: 'Perl LWP',
    missing: missingModule('perl', 'LWP with https for Perl', '-MLWP::Protocol::https', '-e', '1'),
    keepsSecureFromLocalhost: false,
    visit: program('perl', 'client.pl'),
  },
  {
    name: 'Java HttpClient',
    // A runtime without the compiler can't run a source file.
    missing: missingOf('java', 'javac'),
    keepsSecureFromLocalhost: false,
    visit: program('java', 'Client.java'),
  },
  {
    name: 'Chromium',
    missing: missingOf('chromium'),
    keepsSecureFromLocalhost: true,
    visit: visitInChromium,
  },
];

@Controller()
class AccountController {
  @Get('page')
  page(): string {
    return 'A page';
  }

  @Post('login')
  @HttpCode(200)
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({ userId: 'ann' });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(): void {}

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }
}

describePrograms(CLIENTS, { chosen: 'TEST_CLIENTS', required: 'REQUIRE_CLIENTS' }, (client) => {
  let app: TestApp;
  let https: OverHttps | undefined;

  const start = async (
    cookie: SessionsModuleOptions['cookie'] = {},
    options: SessionsModuleOptions = {},
  ) => {
    app = await startApp(ADAPTERS[0]!, {
      controllers: [AccountController],
      options: { cookie, clock: Date, ...options },
    });
  };
  afterEach(async () => {
    await https?.close();
    https = undefined;
    await app.close();
  });

  it('a client logs in, stays logged in and logs out over https with the default cookie', async () => {
    await start();
    https = await overHttps(app);
    expect(await client.visit(https.url)).toEqual([200, 200, 200, 401]);
    expect(await app.manager.listSessions('ann')).toEqual([]);
  });

  it('a client that can not bind sessions logs in, stays logged in and logs out with deviceBound', async () => {
    await start({}, { deviceBound: {} });
    https = await overHttps(app);
    expect(await client.visit(https.url)).toEqual([200, 200, 200, 401]);
  });

  it('a client logs in, stays logged in and logs out over http with a cookie that is not Secure', async () => {
    await start({ secure: false });
    expect(await client.visit(`http://localhost:${app.port}`)).toEqual([200, 200, 200, 401]);
    expect(await app.manager.listSessions('ann')).toEqual([]);
  });

  it('a client keeps a Secure cookie from http on localhost, or is warned about', async () => {
    const { keepsSecureFromLocalhost: keeps } = client;
    await start();
    const statuses = await client.visit(`http://localhost:${app.port}`);
    expect(statuses).toEqual([200, keeps ? 200 : 401, 200, 401]);
    expect(app.logger.lines('warn')).toHaveLength(keeps ? 0 : 1);
  });
});
