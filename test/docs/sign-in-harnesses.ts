import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { expect, it, jest } from '@jest/globals';
import { Module, UnauthorizedException, type INestApplication, type Type } from '@nestjs/common';
import { SessionsModule } from 'nestjs-server-sessions';
import supertest from 'supertest';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { cookiesOf } from '../support/http/responses.js';
import { VisitorController, WhoController } from '../support/docs/visitor.controller.js';

/** What a harness sees of a sign-in. */
interface SignIn {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly cookie: string;
}

/** A provider whose codes are `<user>:<nonce>`, as if it had signed them. */
class StubProvider {
  async loginUrl({ state, nonce, codeVerifier }: SignIn): Promise<string> {
    const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
    const query = new URLSearchParams({ state, nonce, code_challenge: challenge });
    return `https://idp.example/login?${query.toString()}`;
  }

  async verify({ code = '' }: Record<string, string>, { nonce }: SignIn): Promise<string> {
    const [user, signed] = code.split(':');
    if (signed !== nonce) {
      throw new UnauthorizedException();
    }
    return user!;
  }
}

const FROM_PROVIDER = {
  origin: 'https://idp.example',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
};

/** A browser that keeps cookies and follows no redirect. A Lax cookie is not sent with a form of another site. */
export function browserOf(app: INestApplication) {
  const cookies = new Map<string, string>();
  const load = async (
    path: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ) => {
    const http = supertest(app.getHttpServer());
    // Node's own fetch() would add a Sec-Fetch-Mode.
    const request = form ? http.post(path).type('form').send(form) : http.get(path);
    if (headers['sec-fetch-site'] !== 'cross-site') {
      void request.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    }
    const response = await request.set(headers);
    for (const text of cookiesOf(response)) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)!;
      if (value === '') {
        cookies.delete(name!);
      } else {
        cookies.set(name!, value!);
      }
    }
    return response;
  };
  return {
    load,
    cookies,
    location: async (...request: Parameters<typeof load>): Promise<string> => {
      const response = await load(...request);
      expect(response.status).toBe(303);
      return response.headers['location']!;
    },
    who: async (): Promise<{ userId?: string }> => (await load('/who')).body,
    /** Begins a sign-in, and returns what the provider sends back for this user. */
    begin: async (user: string) => {
      const response = await load('/sign-in');
      const { searchParams } = new URL(response.headers['location']!);
      return { state: searchParams.get('state')!, code: `${user}:${searchParams.get('nonce')}` };
    },
  };
}

type Browser = ReturnType<typeof browserOf>;

const query = (fields: Record<string, string>) => `?${new URLSearchParams(fields).toString()}`;

const signIn: Harness = ({ load }) => {
  it('the snippet derives everything from one secret, and reads it back from the cookie', async () => {
    const { SignIn } = await load<{
      SignIn: { new (): SignIn; of(header?: string): SignIn | undefined };
    }>();
    const begun = new SignIn();
    const [pair, ...flags] = begun.cookie.split('; ');
    const values = ({ state, nonce, codeVerifier }: SignIn) => [state, nonce, codeVerifier];
    expect(flags.toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
    expect(new Set([...values(begun), pair!.split('=')[1]]).size).toBe(4);
    expect(values(SignIn.of(`theme=dark; ${pair}`)!)).toEqual(values(begun));
    expect(values(new SignIn())).not.toEqual(values(begun));
    for (const header of [undefined, '', '__Host-sign-in=', `\u00a0${pair}`, 'theme=dark']) {
      expect(SignIn.of(header)).toBeUndefined();
    }
  });
};

const controller: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet signs in only the browser that began the sign-in', async () => {
      const { Provider, SignInController, SignInService } = await load<Record<string, Type>>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [SignInController!, WhoController],
        providers: [SignInService!, { provide: Provider!, useClass: StubProvider }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const [ann, eve] = [browserOf(app), browserOf(app)];
        const [hers, evil] = [await ann.begin('ann'), await eve.begin('eve')];
        const callback = (browser: Browser, fields: Record<string, string>) =>
          browser.load(`/sign-in/callback${query(fields)}`);
        for (const wrong of [
          evil,
          { ...hers, state: evil.state },
          { ...evil, state: hers.state },
        ]) {
          expect((await callback(ann, wrong)).status).toBe(401);
        }
        expect((await callback(browserOf(app), hers)).status).toBe(401);
        expect(await ann.who()).toEqual({});
        expect(await ann.location(`/sign-in/callback${query(hers)}`)).toBe('/');
        expect(await ann.who()).toMatchObject({ userId: 'ann' });
        expect([...ann.cookies.keys()]).toEqual(['__Host-id']);
        expect((await callback(ann, hers)).status).toBe(401);
      });
    });
  });
};

/** An application with the snippets of the page. */
async function signInModule(file: string): Promise<Type> {
  const { PostedResponses, PostedSignInController }: Record<string, Type> = await import(file);
  const signIns: Record<string, Type> = await import(join(dirname(file), 'sign-in.controller.js'));
  const { Provider, SignInController, SignInService } = signIns;
  @Module({
    imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
    controllers: [PostedSignInController!, SignInController!, WhoController],
    providers: [PostedResponses!, SignInService!, { provide: Provider!, useClass: StubProvider }],
  })
  class AppModule {}
  return AppModule;
}

const posted: Harness = ({ file }) => {
  describeAdapters((adapter) => {
    const withBrowsers = async (work: (newBrowser: () => Browser) => Promise<void>) =>
      withServer(await signInModule(file), adapter(), async (_, __, app) => {
        await work(() => browserOf(app));
      });
    const post = (browser: Browser, fields: Record<string, string>, headers = FROM_PROVIDER) =>
      browser.load('/sign-in/callback', fields, headers);
    const handleOf = (browser: Browser, fields: Record<string, string>) =>
      browser.location('/sign-in/callback', fields, FROM_PROVIDER);

    it.each(['state', 'RelayState'])(
      'the snippet signs in by a POST of the provider with %s, once',
      async (name) => {
        await withBrowsers(async (newBrowser) => {
          const ann = newBrowser();
          const { state, code } = await ann.begin('ann');
          const result = await handleOf(ann, { [name]: state, code });
          expect(result).toMatch(/^\/sign-in\/result\?handle=[\w-]{43}$/);
          expect(await ann.who()).toEqual({});
          const response = await ann.load(result);
          expect(response.headers['location']).toBe('/');
          expect(response.headers['referrer-policy']).toBe('no-referrer');
          expect(response.headers['cache-control']).toBe('no-store');
          expect(await ann.who()).toMatchObject({ userId: 'ann' });
          expect((await ann.load(result)).status).toBe(401);
        });
      },
    );

    it('the snippet signs in nobody by the response of another browser, and forgets it', async () => {
      await withBrowsers(async (newBrowser) => {
        const [ann, eve] = [newBrowser(), newBrowser()];
        const [hers, evil] = [await ann.begin('ann'), await eve.begin('eve')];
        const result = await handleOf(ann, evil);
        expect((await ann.load(result)).status).toBe(401);
        expect((await eve.load(result)).status).toBe(401);
        expect(await ann.who()).toEqual({});
        const own = await handleOf(ann, hers);
        expect((await newBrowser().load(own)).status).toBe(401);
      });
    });

    it('the snippet keeps a response for a minute', async () => {
      await withBrowsers(async (newBrowser) => {
        const ann = newBrowser();
        const fields = await ann.begin('ann');
        const [early, late] = [await handleOf(ann, fields), await handleOf(ann, fields)];
        const now = Date.now();
        const clock = jest.spyOn(Date, 'now');
        try {
          clock.mockReturnValue(now + 60_000);
          expect((await ann.load(late)).status).toBe(401);
          clock.mockReturnValue(now + 50_000);
          expect((await ann.load(early)).status).toBe(303);
        } finally {
          clock.mockRestore();
        }
      });
    });

    it('the snippet refuses other origins, too long responses and more than 500 of them', async () => {
      await withBrowsers(async (newBrowser) => {
        const ann = newBrowser();
        const fields = await ann.begin('ann');
        for (const origin of ['https://evil.example', 'null']) {
          expect((await post(ann, fields, { ...FROM_PROVIDER, origin })).status).toBe(403);
        }
        expect((await post(ann, { code: 'x'.repeat(99_990) })).status).toBe(413);
        for (let count = 0; count < 500; count++) {
          await handleOf(ann, fields);
        }
        expect((await post(ann, fields)).status).toBe(503);
      });
    });

    it('the snippet keeps the session of a user whose POST from the provider is late', async () => {
      await withBrowsers(async (newBrowser) => {
        const ann = newBrowser();
        const fields = await ann.begin('ann');
        await ann.load(await handleOf(ann, fields));
        const { userId, ...session } = await ann.who();
        expect((await ann.load(await handleOf(ann, fields))).status).toBe(401);
        expect(await ann.who()).toEqual({ userId, ...session });
      });
    });
  });
};

const payment: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet brings a user back to the order, and keeps the session', async () => {
      const { Orders, PaymentController } = await load<Record<string, Type>>();
      const orders = new Map([
        ['7', { userId: 'ann', isPaid: true }],
        ['8', { userId: 'bob', isPaid: true }],
      ]);
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [PaymentController!, VisitorController, WhoController],
        providers: [{ provide: Orders!, useValue: { find: async (id: string) => orders.get(id) } }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const ann = browserOf(app);
        await ann.load('/login', {});
        const who = await ann.who();
        const fromBank = { ...FROM_PROVIDER, origin: 'https://pay.example' };
        const back = (order: string) => ann.location('/orders/return', { order }, fromBank);
        const paid = await ann.load(await back('7'));
        expect(paid.body).toEqual({ userId: 'ann', isPaid: true });
        expect((await ann.load(await back('8'))).status).toBe(404);
        expect(await back('../x?y')).toBe('/orders/..%2Fx%3Fy');
        expect((await ann.load('/orders/return', { order: '7' }, FROM_PROVIDER)).status).toBe(403);
        expect(await ann.who()).toEqual(who);
      });
    });
  });
};

export const SIGN_IN_HARNESSES: Readonly<Record<string, Harness>> = {
  'sign-in': signIn,
  'sign-in.controller': controller,
  'posted-sign-in.controller': posted,
  'payment.controller': payment,
};
