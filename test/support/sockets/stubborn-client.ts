import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket that never responds, also not if the server closes the connection. */
export class StubbornClient {
  readonly #socket: Duplex;
  /** Resolves when the server has cut the connection. */
  readonly cut: Promise<unknown>;
  #heard = '';

  private constructor(socket: Duplex) {
    this.#socket = socket;
    this.cut = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => (this.#heard += data.toString('latin1')));
  }

  static async open(port: number, path: string, cookie: string): Promise<StubbornClient> {
    const upgrade = request({
      host: '127.0.0.1',
      port,
      path,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        cookie,
      },
    }).end();
    const [, socket] = (await once(upgrade, 'upgrade')) as [unknown, Duplex];
    return new StubbornClient(socket);
  }

  /** Waits until the server has sent this text. */
  async hear(text: string): Promise<void> {
    while (!this.#heard.includes(text)) {
      await once(this.#socket, 'data');
    }
  }

  /** Sends a text of at most 125 bytes (RFC 6455, section 5.2). */
  send(text: string): void {
    const payload = Buffer.from(text);
    const mask = Buffer.alloc(4);
    if (this.#socket.writable) {
      this.#socket.write(
        Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]),
      );
    }
  }
}
