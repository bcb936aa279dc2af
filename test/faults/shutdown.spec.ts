import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearerOf } from '../support/http/responses.js';
import { compileLibrary, type CompiledLibrary } from '../support/processes/compiled-library.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { SIZES } from './strangers.sizes.js';

const PROGRAM = 'test/faults/programs/shop.ts';
const CLIENTS = 8;

/** The responses that one client got until the server was gone. */
interface Told {
  readonly token: string;
  readonly visits: number;
  readonly statuses: readonly number[];
}

describeShared((database) => {
  let library: CompiledLibrary;
  let sessions: TestSessions;

  beforeAll(async () => {
    library = compileLibrary();
    sessions = await openSessions(database, { clock: Date });
  });
  afterAll(async () => {
    await sessions.close();
    library.remove();
  });

  /** Logs in and sends requests until there is no response any more. */
  async function client(port: number, busy: () => void): Promise<Told> {
    const login = await post(port, '/login');
    const { token } = JSON.parse(login.body) as { token: string };
    const statuses = [login.status];
    let visits = 0;
    for (;;) {
      try {
        const { status, body } = await post(port, '/visit', token);
        statuses.push(status);
        visits += status === 200 ? 1 : 0;
        expect(body).not.toContain('SESSION_');
        busy();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) {
          throw error;
        }
        return { token, visits, statuses };
      }
    }
  }

  async function endInMidLoad(number: number): Promise<void> {
    const framework = number % 2 === 0 ? 'express' : 'fastify';
    const program = library.start(PROGRAM, { place: placeOf(sessions), framework });
    const { port } = await program.ask<{ port: number }>();
    let answers = 0;
    let onBusy = () => {};
    const isBusy = new Promise<void>((busy) => (onBusy = busy));
    const clients = Array.from({ length: CLIENTS }, () =>
      client(port, () => void (++answers === 5 * CLIENTS && onBusy())),
    );
    await isBusy;
    if (number % 4 < 2) {
      program.kill('SIGTERM');
    } else {
      program.tell('close');
    }
    const told = await Promise.all(clients);
    expect(await program.ended).toEqual({ code: 0, signal: null, output: '' });
    for (const { token, visits, statuses } of told) {
      // Fastify itself responds with 503 while it closes.
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      // One more may have been applied, if its response was lost.
      const data = await sessions.manager.retrieveSession(token);
      expect([visits, visits + 1]).toContain(data.visits);
    }
  }

  describe('an application that is ended while it serves, by SIGTERM or by close()', () => {
    it(`an application exits with 0, loses nothing and prints nothing, ${SIZES.shutdowns} times`, async () => {
      for (let number = 0; number < SIZES.shutdowns; number++) {
        await endInMidLoad(number);
      }
    });
  });
});

/** Each on a separate connection: Node's server waits for connections that are kept alive and in use. */
function post(
  port: number,
  path: string,
  token?: string,
): Promise<{ status: number; body: string }> {
  return new Promise((done, failed) => {
    const headers = token === undefined ? {} : { authorization: bearerOf(token) };
    const options = { host: '127.0.0.1', port, path, method: 'POST', headers, agent: false };
    request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      answer.on('end', () => done({ status: answer.statusCode!, body }));
      answer.on('error', failed);
    })
      .on('error', failed)
      .end();
  });
}
