import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { getConnectionToken } from '@nestjs/sequelize';
import type { Sequelize } from 'sequelize';
import { AppModule } from '../../../sample/01-shop/src/app.module.js';
import { HeldAnswers } from './held-answers.js';
import { libraryScript } from './library-script.js';

/** The sample shop, open for one test. Its clock stands still until the test moves it. */
export class OpenShop {
  readonly answers = new HeldAnswers();
  readonly #received = new Map<string, IncomingHttpHeaders>();
  #app!: NestExpressApplication;
  #opened = 0;
  #passed = 0;

  /** The origin of the shop: on localhost, since most browsers keep Secure cookies there over plain http. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get port(): number {
    return (this.#app.getHttpServer().address() as AddressInfo).port;
  }

  /** The connection to its sessions. */
  get connection(): Sequelize {
    return this.#app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), {
      strict: false,
    });
  }

  /** The time when the shop opened, in milliseconds since the epoch. */
  get opened(): number {
    return this.#opened;
  }

  /** Milliseconds that have passed since then. */
  get passed(): number {
    return this.#passed;
  }

  /** Returns the headers of the shop's last request for `method path`. */
  headersOf(method: string, path: string): IncomingHttpHeaders | undefined {
    return this.#received.get(`${method} ${path}`);
  }

  /** Moves the clock of the shop. */
  advance(milliseconds: number): void {
    this.#passed += milliseconds;
  }

  async open(): Promise<void> {
    this.#opened = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => this.#opened + this.#passed);
    process.env['STORAGE_PATH'] = ':memory:';
    this.#app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
    this.#app.set('trust proxy', 'loopback');
    this.#app.use((request: IncomingMessage, _response: ServerResponse, next: () => void) => {
      this.#received.set(`${request.method} ${request.url}`, request.headers);
      next();
    });
    this.#app.use(this.answers.middleware);
    const script = await libraryScript();
    // The shop finds the sources of the library here, which are TypeScript.
    this.#app.use('/assets/browser-session.js', (_: IncomingMessage, response: ServerResponse) => {
      response.setHeader('content-type', 'text/javascript').end(script);
    });
    await this.#app.listen(0, '127.0.0.1');
  }

  async close(): Promise<void> {
    this.#app.getHttpServer().closeAllConnections();
    await this.#app.close();
    delete process.env['STORAGE_PATH'];
    jest.restoreAllMocks();
  }
}
