import { serve } from '../process/serve.mjs';

const PEERS = [
  'reflect-metadata',
  'rxjs',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/sequelize',
  'sequelize',
  'sequelize-typescript',
];

/** Imports what the package is used with, then the package; ready with the milliseconds that the latter took. */
serve(async () => {
  for (const peer of PEERS) {
    await import(peer);
  }
  const start = performance.now();
  await import('../../dist/index.js');
  return { ready: performance.now() - start };
});
