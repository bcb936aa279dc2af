import type { OnModuleInit } from '@nestjs/common';
import { moduleOfKind } from './common/kind.js';
import { SessionsConfigurationError } from './common/session-error.js';
import type { ResolvedHttpOptions } from './http/http.options.js';
import type { SequelizeSessionStore } from './store/sequelize-session-store.js';

/** The kinds of each application. The key is an object that exists once per application. */
const applications = new WeakMap<object, DistinctKinds[]>();

/**
 * Checks at start that no two kinds of an application share a cookie or a table: a token of one kind would open sessions of
 * the other.
 */
export class DistinctKinds implements OnModuleInit {
  readonly #application: object;
  readonly #kind: string;
  readonly #http: ResolvedHttpOptions;
  readonly #store: SequelizeSessionStore;

  /** @param application an object that exists once per application */
  constructor(
    application: object,
    kind: string,
    http: ResolvedHttpOptions,
    store: SequelizeSessionStore,
  ) {
    this.#application = application;
    this.#kind = kind;
    this.#http = http;
    this.#store = store;
  }

  /** @throws SessionsConfigurationError, SessionStoreError */
  async onModuleInit(): Promise<void> {
    const others = applications.get(this.#application) ?? [];
    applications.set(this.#application, [...others, this]);
    for (const other of others.filter((each) => each.#kind !== this.#kind)) {
      this.#requireOtherCookies(other);
      await this.#requireOtherTable(other);
    }
  }

  #requireOtherCookies(other: DistinctKinds): void {
    const names = cookieNames(other.#http);
    const shared = cookieNames(this.#http).find((name) => names.includes(name));
    if (shared !== undefined) {
      throw new SessionsConfigurationError(
        `Two kinds of sessions use the cookie "${shared}": those of ${moduleOfKind(this.#kind)} and of ` +
          `${moduleOfKind(other.#kind)}. A request has only the name and the value of a cookie, so the two could not ` +
          'be distinguished. Change the name in cookie.name or cookie.previous of one kind. Without cookie.name, the ' +
          'defaults differ.',
      );
    }
  }

  async #requireOtherTable(other: DistinctKinds): Promise<void> {
    if (await this.#store.isSameTable(other.#store)) {
      throw new SessionsConfigurationError(
        `Two kinds of sessions use the table ${this.#store.table.name}: those of ${moduleOfKind(this.#kind)} and of ` +
          `${moduleOfKind(other.#kind)}. So a token of one would open a session of the other. Set tableName of one ` +
          'kind to another name, or remove it: the defaults differ.',
      );
    }
  }
}

/** Returns the names of all cookies that are read or set, with those that bind a session to a browser. */
function cookieNames({ cookie }: ResolvedHttpOptions): string[] {
  const names = cookie ? [cookie, ...cookie.previous].map(({ name }) => name) : [];
  return names.flatMap((name) => [name, `${name}.d`]);
}
