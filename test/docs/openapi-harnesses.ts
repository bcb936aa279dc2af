import { expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, type Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ApiSession, documentSessions } from 'nestjs-server-sessions/swagger';
import { startApp, ADAPTERS } from '../support/applications/applications.js';
import type { Harness } from '../support/docs/harness.js';
import { tableOf, codeIn } from '../support/docs/tables.js';

interface Snippet {
  readonly DocumentedController: Type;
  readonly setUpDocs: (app: INestApplication) => void;
}

const openapi: Harness = ({ load }) => {
  it('the snippet documents its login and its basket', async () => {
    const { DocumentedController, setUpDocs } = await load<Snippet>();
    const shop = await startApp(ADAPTERS[0]!, {
      controllers: [DocumentedController],
      configure: setUpDocs,
    });
    await shop.http().get('/docs').expect(200);
    const { paths } = (await shop.http().get('/docs-json').expect(200)).body;
    expect(paths['/login'].post.security).toEqual([]);
    expect(Object.keys(paths['/basket'].get.responses)).toEqual(['200', '401', '503']);
    await shop.close();
  });

  it('the table of uses has the responses that a document gets', async () => {
    for (const row of tableOf('docs/openapi.md', '`@ApiSession(…uses)`')) {
      const use = codeIn(row['`@ApiSession(…uses)`']!).at(-1)!.replaceAll("'", '');

      @Controller()
      class UseController {
        @Get('use')
        @ApiSession(use as 'read')
        use(): void {}
      }

      const options = { maxSessionsPerUser: 1, onSessionLimit: 'reject' } as const;
      const shop = await startApp(ADAPTERS[0]!, { controllers: [UseController], options });
      const config = new DocumentBuilder().build();
      const { paths } = documentSessions(shop.app, SwaggerModule.createDocument(shop.app, config));
      const { '200': _, ...responses } = paths['/use']!.get!.responses as Record<string, object>;
      expect([use, Object.keys(responses).join(', ')]).toEqual([use, row['Responses']]);
      await shop.close();
    }
  });
};

export const OPENAPI_HARNESSES: Readonly<Record<string, Harness>> = { openapi };
