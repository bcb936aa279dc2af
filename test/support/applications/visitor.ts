import { expect } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { CookieJar } from '../http/cookie-jar.js';
import type { SessionLedger } from '../sessions/session-ledger.js';
import { newData, type Shown } from './owned-data.controller.js';

/** An application with the options that it was started with. */
export interface Deploy {
  readonly port: number;
  readonly options: SessionsModuleOptions<any>;
}

export type Action =
  | { readonly name: 'login'; readonly user: string }
  | { readonly name: 'regenerate'; readonly grace: number }
  | { readonly name: 'read' | 'list' | 'update' | 'replace' | 'renew' | 'logout' };

/** A response that its visitor has not yet received. */
export interface Reply {
  readonly action: Action;
  readonly deploy: Deploy;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Shown;
  /** The user who was logged in when the request was sent. */
  readonly user: string | undefined;
  /** The sessions that the request had the newest token of, and those that had ended before it. */
  readonly opened: readonly string[];
  readonly ended: ReadonlySet<string>;
}

/** A client that uses several deploys of an application: a browser with its cookies, or a program with its token. */
export class Visitor {
  readonly transport: 'cookie' | 'bearer';
  readonly #ledger: SessionLedger;
  readonly #jar = new CookieJar();
  #token: string | undefined;
  /** The user of the latest login that this client noticed. */
  #user: string | undefined;

  constructor(transport: 'cookie' | 'bearer', ledger: SessionLedger) {
    this.transport = transport;
    this.#ledger = ledger;
  }

  /**
   * Sends a request; its response is still on the way when this returns.
   *
   * @param isSameOrigin whether a page of the application sends it, rather than one of another host of the same site
   */
  async send(deploy: Deploy, action: Action, isSameOrigin = true): Promise<Reply> {
    const path = `/app/${action.name}`;
    const cookies = this.transport === 'cookie' ? this.#jar.sentTo(path) : [];
    const tokens = this.transport === 'cookie' ? cookies.map(({ value }) => value) : [this.#token];
    const sent = {
      action,
      deploy,
      user: this.#user,
      opened: this.#ledger.openedBy(tokens.filter((token) => token !== undefined)),
      ended: this.#ledger.ended,
    };
    const source = isSameOrigin
      ? { 'sec-fetch-site': 'same-origin' }
      : { 'sec-fetch-site': 'same-site', origin: 'https://spa.example.com' };
    const credential =
      this.transport === 'cookie'
        ? { ...source, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
        : this.#token && { authorization: `Bearer ${this.#token}` };
    const isRead = action.name === 'read' || action.name === 'list';
    const answer = await fetch(`http://127.0.0.1:${deploy.port}${path}`, {
      headers: {
        ...credential,
        'content-type': 'application/json',
      },
      ...(!isRead && {
        method: 'POST',
        body: JSON.stringify(
          action.name === 'login'
            ? { name: action.user }
            : action.name === 'regenerate'
              ? { grace: action.grace }
              : {},
        ),
      }),
    });
    const body = (await answer.json()) as Shown;
    if (answer.ok && body.token !== undefined) {
      this.#ledger.add(body.token, body.data!.userId);
    }
    return { ...sent, status: answer.status, headers: answer.headers, body };
  }

  /** Receives responses in this order, and checks what they show. */
  receive(replies: readonly Reply[]): void {
    replies.forEach((reply) => this.#check(reply));
    const succeeded = (name: Action['name']) =>
      replies.filter(({ action, status }) => action.name === name && status === 200);
    const login = succeeded('login').find(
      ({ deploy }) => this.transport === 'bearer' || usesTransport(deploy, 'cookie'),
    );
    const ending = [...succeeded('login'), ...succeeded('logout')].filter(({ deploy }) =>
      usesTransport(deploy, this.transport),
    );
    ending.forEach(({ opened }) => this.#ledger.end(opened));
    if (login?.action.name === 'login') {
      this.#user = login.action.user;
    } else if (ending.length > 0) {
      this.#user = undefined;
    }
    for (const { status, headers, body } of replies) {
      if (this.transport === 'cookie') {
        this.#jar.receive(headers);
      } else if (status === 200) {
        this.#token = body.token ?? this.#token;
      }
    }
    if (this.transport === 'bearer') {
      // A program knows which of two tokens is that of its login.
      this.#token = login?.body.token ?? this.#token;
    }
  }

  /** Checks that a response shows nothing but the session of its own user. */
  #check({ action, status, body, user, ended }: Reply): void {
    expect([200, 401, 403, 409, 413, 429]).toContain(status);
    if (status !== 200 || action.name === 'logout') {
      return;
    }
    const expected = action.name === 'login' ? action.user : user;
    expect(expected).toBeDefined();
    expect(body.data).toMatchObject({ ...newData(expected!), basket: expect.any(Array) });
    expect(body.data!.basket.filter((item) => item !== `tea of ${expected}`)).toEqual([]);
    expect(ended).not.toContain(body.id);
    for (const id of [body.id!, ...(body.listed ?? [])]) {
      expect(this.#ledger.userOf(id)).toBe(expected);
    }
  }
}

export const usesTransport = ({ options }: Deploy, transport: 'cookie' | 'bearer') =>
  options.transports?.includes(transport) ?? true;
