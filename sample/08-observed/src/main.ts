// First, so that it measures the start too.
import './telemetry.js';
import { NestFactory } from '@nestjs/core';
import { setUpDocs } from './api-docs.js';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
setUpDocs(app);
await app.listen(process.env['PORT'] ?? 3000);
console.log(`Listening on ${(await app.getUrl()).replace('[::1]', 'localhost')}`);
