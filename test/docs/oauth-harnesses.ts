import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { SessionsModule } from 'nestjs-server-sessions';
import { allowInsecureRequests, discovery, type Configuration } from 'openid-client';
import {
  CLIENT,
  startIdentityProvider,
  type IdentityProvider,
} from '../support/servers/identity-provider.js';
import { WhoController } from '../support/docs/visitor.controller.js';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { withPassport, type Device } from './passport-harnesses.js';
import { browserOf } from './sign-in-harnesses.js';

/** Starts a provider for a snippet, which reads its address when it is loaded. */
function useProvider(): () => IdentityProvider {
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await startIdentityProvider();
    process.env['PROVIDER_URL'] = provider.url;
    process.env['APP_URL'] = 'https://app.example';
    process.env['CLIENT_ID'] = CLIENT.id;
    process.env['CLIENT_SECRET'] = CLIENT.secret;
  });
  afterAll(() => provider.close());
  return () => provider;
}

const oauth: Harness = (snippet) => {
  const provider = useProvider();

  /** Begins a login, and returns the path by which the provider sends the browser back. */
  const begin = async (device: Device, user: string) => {
    provider().user = user;
    const { headers } = await device.get('/login/provider').expect(302);
    return provider().follow(headers['location']!);
  };

  it('the snippet logs in by OAuth, with a new id', async () => {
    await withPassport(snippet, 'OAuthModule', async (newDevice, manager) => {
      const device = newDevice();
      const callback = await begin(device, 'ann');
      const response = await device.get(callback).expect(302);
      expect(response.headers['location']).toBe('/');
      expect(response.headers['set-cookie']).toHaveLength(1);
      await device.get('/me').expect(200, { id: 'ann' });
      expect(await manager.listSessions('ann')).toHaveLength(1);
      await device.post('/logout').expect(204);
      await device.get('/me').expect(401);
    });
  });

  it('the snippet accepts a state only from the browser that got it, once', async () => {
    await withPassport(snippet, 'OAuthModule', async (newDevice) => {
      const [ann, eve] = [newDevice(), newDevice()];
      const [hers, evil] = [await begin(ann, 'ann'), await begin(eve, 'eve')];
      for (const device of [ann, newDevice()]) {
        await device.get(evil).expect(403);
        await device.get('/me').expect(401);
      }
      // The refusal has used up the state of the browser.
      await ann.get(hers).expect(403);
      const again = await begin(ann, 'ann');
      await ann.get(again).expect(302);
      await ann.get(again).expect(403);
      await ann.get('/me').expect(200, { id: 'ann' });
    });
  });

  it('the snippet logs nobody in by a code that the provider did not give', async () => {
    await withPassport(snippet, 'OAuthModule', async (newDevice) => {
      const device = newDevice();
      const callback = await begin(device, 'ann');
      await device.get(callback.replace(/code=[^&]*/, 'code=x')).expect(500);
      await device.get('/me').expect(401);
    });
  });
};

const openId: Harness = ({ file, load }) => {
  const provider = useProvider();

  describeAdapters((adapter) => {
    it('the snippet signs in by OpenID Connect, only the browser that began', async () => {
      const { OpenIdProvider } = await load<{
        OpenIdProvider: new (client: Configuration) => object;
      }>();
      const signIns: Record<string, Type> = await import(
        join(dirname(file), 'sign-in.controller.js')
      );
      const { Provider, SignInController, SignInService } = signIns;
      const { id, secret } = CLIENT;
      // The provider of the test has no TLS.
      const options = { execute: [allowInsecureRequests] };
      const client = await discovery(new URL(provider().url), id, secret, undefined, options);
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [SignInController!, WhoController],
        providers: [SignInService!, { provide: Provider!, useValue: new OpenIdProvider(client) }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const [ann, eve] = [browserOf(app), browserOf(app)];
        const begin = async (browser: typeof ann, user: string) => {
          provider().user = user;
          return provider().follow(await browser.location('/sign-in'));
        };
        const [hers, evil] = [await begin(ann, 'ann'), await begin(eve, 'eve')];
        expect((await ann.load(evil)).status).toBe(401);
        // The code of another sign-in has another nonce and another verifier.
        const codeOf = (path: string) => new URLSearchParams(path.split('?')[1]).get('code')!;
        const mixed = hers.replace(codeOf(hers), codeOf(evil));
        expect((await ann.load(mixed)).status).toBe(401);
        expect(await ann.who()).toEqual({});
        expect(await ann.location(hers)).toBe('/');
        expect(await ann.who()).toMatchObject({ userId: 'ann' });
        expect((await ann.load(hers)).status).toBe(401);
      });
    });
  });
};

export const OAUTH_HARNESSES: Readonly<Record<string, Harness>> = {
  'passport.oauth': oauth,
  'open-id.provider': openId,
};
