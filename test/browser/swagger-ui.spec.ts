import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, UseGuards, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { CurrentSession, PublicRoute, Session, SessionGuard } from 'nestjs-server-sessions';
import { ApiSession, documentSessions } from 'nestjs-server-sessions/swagger';
import { signIn } from 'nestjs-server-sessions/testing';
import type { Browser, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { launchChromium } from './support/chromium.js';

@Controller()
@UseGuards(SessionGuard)
@ApiSession()
class AccountController {
  @Get('me')
  me(@Session('userId') userId: string) {
    return userId;
  }

  @Post('login')
  @HttpCode(200)
  @PublicRoute()
  @ApiSession('start')
  async login(@CurrentSession() session: CurrentSession) {
    await session.start({ userId: 'ada' });
  }
}

function setUp(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Accounts').build();
  const document = () => documentSessions(app, SwaggerModule.createDocument(app, config));
  SwaggerModule.setup('docs', app, document);
}

describe('Swagger UI in Chromium', () => {
  let browser: Browser;
  let shop: TestApp;
  beforeAll(async () => {
    browser = await launchChromium();
    shop = await startApp(ADAPTERS[0]!, { controllers: [AccountController], configure: setUp });
  });
  afterAll(async () => {
    await browser.close();
    await shop.close();
  });

  const open = async (): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    // Chromium keeps the Secure cookie of localhost.
    await page.goto(`http://localhost:${shop.port}/docs`);
    await page.locator('.opblock').first().waitFor();
    return page;
  };

  /** Calls an operation by its buttons, and returns the response that the page shows. */
  const call = async (page: Page, path: string): Promise<string> => {
    const operation = page.locator('.opblock', { has: page.locator(`[data-path="${path}"]`) });
    if (!(await operation.getByRole('button', { name: 'Execute' }).isVisible())) {
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
    }
    const response = page.waitForResponse((each) => each.url().endsWith(path));
    await operation.getByRole('button', { name: 'Execute' }).click();
    const status = (await response).status();
    const shown = operation.locator('.live-responses-table .response', { hasText: `${status}` });
    await shown.waitFor();
    return shown.innerText();
  };

  it('Swagger UI shows a 401 as documented, and sends the cookie after a login in it', async () => {
    const page = await open();
    const before = await call(page, '/me');
    expect(before).toMatch(/^401/);
    expect(before).toContain('SESSION_MISSING');
    expect(await page.locator('.responses-table').last().innerText()).toContain('503');
    expect(await call(page, '/login')).toMatch(/^200/);
    const after = await call(page, '/me');
    expect(after).toMatch(/^200/);
    expect(after).toContain('ada');
    await page.context().close();
  });

  it('Swagger UI sends the bearer token of its Authorize dialog', async () => {
    const page = await open();
    const bob = await signIn(shop.app, { userId: 'bob' });
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const dialog = page.locator('.dialog-ux');
    expect(await dialog.innerText()).toContain('__Host-id');
    const bearer = dialog.locator('.auth-container', { hasText: 'sessionBearer' });
    await bearer.locator('input').fill(bob.token);
    await bearer.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    const response = await call(page, '/me');
    expect(response).toMatch(/^200/);
    expect(response).toContain('bob');
    await page.context().close();
  });
});
