import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  CurrentSession,
  getSessionsOptionsToken,
  SessionGuard,
  SessionManager,
  SessionsModule,
  SkipSession,
} from 'nestjs-server-sessions';
import supertest from 'supertest';
import { describeAdapters, type TestAdapter } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

@Controller('notes')
class NotesController {
  @Get()
  notes(): string[] {
    return ['a note'];
  }

  @Get('public')
  @SkipSession()
  shared(): string[] {
    return [];
  }

  @Post()
  @UseGuards(SessionGuard)
  async add(
    @Body() { product }: { product: string },
    @CurrentSession() session: CurrentSession<ShopSession>,
  ): Promise<string[]> {
    const { basket } = await session.update((data) => {
      data.basket.push(product);
    });
    return basket;
  }
}

/** An application as its authors run it: on disk, with Secure cookies and a guard on every route. */
@Module({
  imports: [SessionsModule.forRoot({ storagePath: '/var/lib/shop/sessions.sqlite' })],
  controllers: [ShopController],
})
class ShopModule {}

@Module({
  imports: [SessionsModule.forRoot({ storagePath: '/var/lib/shop/sessions.sqlite' })],
  controllers: [NotesController],
  providers: [{ provide: APP_GUARD, useExisting: SessionGuard }],
})
class NotesModule {}

let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function listen(
  adapter: TestAdapter,
  testing: { createNestApplication(httpAdapter: any, options: object): INestApplication },
): Promise<INestApplication> {
  app = testing.createNestApplication(adapter.create(), { logger: false });
  await adapter.prepare(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

const inMemory = (module: typeof NotesModule) =>
  Test.createTestingModule({ imports: [module] })
    .overrideProvider(getSessionsOptionsToken())
    .useValue({ storagePath: ':memory:', cookie: { secure: false } });

describeAdapters((adapter) => {
  describe('a whole application, with its options overridden', () => {
    it('an application under test keeps its sessions in memory and works with the cookies of supertest', async () => {
      const nest = await listen(adapter, await inMemory(ShopModule).compile());
      const agent = supertest.agent(nest.getHttpServer());
      await agent.post('/login').send({ name: 'ada' }).expect(200);
      await agent.get('/me').expect(200, { name: 'ada' });
    });

    it('a test can create a session by the manager', async () => {
      const nest = await listen(adapter, await inMemory(ShopModule).compile());
      const token = await nest.get(SessionManager).createSession({ userId: 'ada', basket: [] });
      await supertest(nest.getHttpServer())
        .get('/me')
        .set('Authorization', `Bearer ${token}`)
        .expect(200, { name: 'ada' });
    });
  });

  describe('a guard of the whole application, registered with useExisting', () => {
    it('a global guard registered by useExisting guards what is not skipped', async () => {
      const nest = await listen(adapter, await inMemory(NotesModule).compile());
      await supertest(nest.getHttpServer()).get('/notes').expect(401);
      await supertest(nest.getHttpServer()).get('/notes/public').expect(200);
    });

    it('a global guard registered by useExisting can be overridden in a test', async () => {
      const testing = inMemory(NotesModule).overrideProvider(SessionGuard);
      const module = await testing.useValue({ canActivate: () => true }).compile();
      const nest = await listen(adapter, module);
      await supertest(nest.getHttpServer()).get('/notes').expect(200, ['a note']);
    });
  });
});

describe('only a controller', () => {
  it('a testing module without sessions can create a controller, and a test can call it with a stub', async () => {
    const testing = await Test.createTestingModule({ controllers: [NotesController] }).compile();
    const data: ShopSession = { basket: ['tea'] };
    const session = {
      update: jest.fn(async (change: (draft: ShopSession) => void) => {
        change(data);
        return data;
      }),
    } as unknown as CurrentSession<ShopSession>;
    const basket = await testing.get(NotesController).add({ product: 'milk' }, session);
    expect(basket).toEqual(['tea', 'milk']);
  });
});
