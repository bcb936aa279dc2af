import { expect, it } from '@jest/globals';
import { Controller, Module, Post, type Type } from '@nestjs/common';
import { CurrentSession, SessionsModule } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { TestClock } from '../support/sessions/test-clock.js';

@Controller()
class LoginController {
  @Post('login')
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({ userId: 'ann' });
  }
}

export const SETTINGS_HARNESSES: Readonly<Record<string, Harness>> = {
  'settings.controller': ({ load }) => {
    describeAdapters((adapter) => {
      it('the snippet changes the address only soon after the password', async () => {
        const { SettingsController, Users } =
          await load<Record<'SettingsController' | 'Users', Type>>();
        const clock = new TestClock();
        const emails: string[] = [];
        const users = {
          hasPassword: async (_: string, password: string) => password === 'secret',
          setEmail: async (...change: string[]) => void emails.push(change.join(' ')),
        };
        @Module({
          imports: [SessionsModule.forRoot({ storagePath: ':memory:', clock })],
          controllers: [LoginController, SettingsController],
          providers: [{ provide: Users, useValue: users }],
        })
        class AppModule {}
        await withServer(AppModule, adapter(), async (client) => {
          const email = () => client('POST', '/settings/email', { email: 'ann@example.com' });
          await client('POST', '/login');
          clock.advance(5 * 60_000);
          expect(await email()).toMatchObject({ status: 403, body: { code: 'SESSION_NOT_FRESH' } });
          const confirm = (password: string) => client('POST', '/settings/confirm', { password });
          expect(await confirm('guessed')).toMatchObject({ status: 403 });
          expect(await email()).toMatchObject({ status: 403 });
          expect(await confirm('secret')).toMatchObject({ status: 201 });
          expect(await email()).toMatchObject({ status: 201 });
          expect(emails).toEqual(['ann ann@example.com']);
        });
      });
    });
  },
};
