import { readFileSync } from 'node:fs';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';

const read = (name: string) => readFileSync(new URL(`../public/${name}`, import.meta.url));
const PAGE = read('index.html');
const SCRIPT = read('account.js');

/** Allows only this page's own script, requests and forms. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

@Controller()
export class PageController {
  @Get()
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  page(): StreamableFile {
    return new StreamableFile(PAGE, { type: 'text/html; charset=utf-8' });
  }

  @Get('account.js')
  script(): StreamableFile {
    return new StreamableFile(SCRIPT, { type: 'text/javascript; charset=utf-8' });
  }
}
