import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// An open stream would keep the server from closing.
const app = await NestFactory.create(AppModule, { forceCloseConnections: true });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
console.log(`Listening on ${(await app.getUrl()).replace('[::1]', 'localhost')}`);
