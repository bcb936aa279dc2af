import { NestFactory } from '@nestjs/core';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { SessionsInstrumentation } from 'nestjs-server-sessions/opentelemetry';
import { AppModule } from './app.module.js';
import { setUp } from './set-up.js';

registerInstrumentations({ instrumentations: [new SessionsInstrumentation()] });

void NestFactory.create(AppModule).then((app) => {
  setUp(app);
  return app.listen(process.env['PORT'] ?? 3000);
});
