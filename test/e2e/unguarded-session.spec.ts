import { expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { Session } from 'nestjs-server-sessions';
import { describeAdapters, startApp } from '../support/applications/applications.js';

@Controller()
class UnguardedController {
  @Post('unguarded')
  unguarded(@Session() data: unknown) {
    return data;
  }
}

describeAdapters((adapter) => {
  it('@Session() without a guard responds with 500, also to a foreign request, and nothing is unhandled', async () => {
    const rejections: unknown[] = [];
    const listener = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', listener);
    const app = await startApp(adapter, { controllers: [UnguardedController] });
    const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    await app.http().post('/unguarded').set(foreign).expect(500);
    await app.http().post('/unguarded').expect(500);
    await app.close();
    process.off('unhandledRejection', listener);
    expect(rejections).toEqual([]);
  });
});
