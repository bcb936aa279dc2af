import { readFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

/** A file with a certificate and its key, to serve https. docs/device-bound.md shows how to make one. */
const file = process.env['TLS_PEM'];
const pem = file && readFileSync(file);

const app = await NestFactory.create(
  AppModule,
  pem ? { httpsOptions: { key: pem, cert: pem } } : {},
);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
console.log(`The shop is open: ${(await app.getUrl()).replace('[::1]', 'localhost')}`);
