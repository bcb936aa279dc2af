import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { documentSessions } from 'nestjs-server-sessions/swagger';

/** Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`, both without a session. */
export function setUpDocs(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Shop').setVersion('1').build();
  const document = () => documentSessions(app, SwaggerModule.createDocument(app, config));
  SwaggerModule.setup('docs', app, document);
}
