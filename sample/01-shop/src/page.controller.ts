import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';

const FOLDER = new URL('../public/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The part of the library that runs in the page. A browser loads it as it is. */
const BROWSER_SESSION = createRequire(import.meta.url).resolve('nestjs-server-sessions/browser');

/** All files of the page, by name, read once. A request can name one of them and nothing else on the disk. */
const FILES = new Map([
  ...readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER))] as const),
  ['browser-session.js', readFileSync(BROWSER_SESSION)],
]);

/** Allows only files of the shop itself, no inline script or style, and no frame around the page. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

@Controller()
export class PageController {
  @Get()
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  @Header('referrer-policy', 'same-origin')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-cache')
  page(): StreamableFile {
    return fileOf('index.html');
  }

  @Get('assets/:name')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-cache')
  asset(@Param('name') name: string): StreamableFile {
    return fileOf(name);
  }
}

function fileOf(name: string): StreamableFile {
  const content = FILES.get(name);
  if (!content) {
    throw new NotFoundException();
  }
  return new StreamableFile(content, { type: TYPES[extname(name)]! });
}
