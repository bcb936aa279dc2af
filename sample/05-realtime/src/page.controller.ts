import { readFileSync } from 'node:fs';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { PublicRoute } from 'nestjs-server-sessions';

const read = (name: string) => readFileSync(new URL(`../public/${name}`, import.meta.url));
const PAGE = read('index.html');
const SCRIPT = read('realtime.js');

/** Allows only this server's scripts, requests, sockets and streams. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

@Controller()
@PublicRoute()
export class PageController {
  @Get()
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  page(): StreamableFile {
    return new StreamableFile(PAGE, { type: 'text/html; charset=utf-8' });
  }

  @Get('realtime.js')
  script(): StreamableFile {
    return new StreamableFile(SCRIPT, { type: 'text/javascript; charset=utf-8' });
  }
}
