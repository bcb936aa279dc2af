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

/** Imports the packages that the library needs, then the library; reports the milliseconds of the latter. */
serve(async () => {
  for (const peer of PEERS) {
    await import(peer);
  }
  const start = performance.now();
  await import('../../dist/index.js');
  return { ready: performance.now() - start };
});
