import type { Logger, OnModuleInit } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import type { Sequelize } from 'sequelize';
import { DEFAULT_KIND } from './common/kind.js';
import { sessionExceptionFilterExists } from './http/errors/session-exception.filter.js';
import { weaknessesOf } from './http/transport/cookie.options.js';
import { SessionManager } from './manager/session-manager.js';
import type { ResolvedSessionsOptions } from './sessions.options.js';
import { shownSqliteDriver } from './store/drivers/sqlite/choose-sqlite-driver.js';
import { nodeSqliteOf } from './store/drivers/node-sqlite/dialect-module.js';

/** The metadata key of TypeScript for the types of a constructor's parameters. */
const PARAMETER_TYPES = 'design:paramtypes';

/** The shortest `deviceBound.within` for which Chrome signs often enough. */
const MIN_WITHIN_MS = 5 * 60 * 1000;

/** Logs at start where sessions are kept, and warns of options that are probably mistakes. */
export class StartReport implements OnModuleInit {
  constructor(
    private readonly logger: Logger,
    private readonly kind: string,
    private readonly connection: Sequelize,
    private readonly isEmbedded: boolean,
    private readonly options: ResolvedSessionsOptions,
    private readonly modules: ModuleRef,
    private readonly allModules: ModulesContainer,
  ) {}

  onModuleInit(): void {
    this.#reportStorage();
    this.#reportErrors();
    this.#warnOfTimes();
    this.#warnOfQuota();
    this.#warnOfPastCookies();
    if (process.env['NODE_ENV'] === 'production') {
      this.#warnOfCookie();
    }
  }

  #reportStorage(): void {
    const { storagePath, tableName } = this.options.store;
    const table = this.kind === DEFAULT_KIND ? '' : `the table ${tableName} of `;
    if (!this.isEmbedded) {
      this.logger.log(
        `Sessions are kept in ${table}the application's ${this.connection.getDialect()} database.`,
      );
      return;
    }
    this.logger.log(
      `Sessions are kept in ${table}the embedded SQLite database ${storagePath}, which is run by ${shownSqliteDriver(nodeSqliteOf(this.connection))}.`,
    );
    if (this.#hasDefaultConnection()) {
      this.logger.warn(
        "The application has a SequelizeModule connection, but sessions don't use it. " +
          "Set connection: 'default' to keep them there.",
      );
    }
    if (process.env['NODE_ENV'] === 'production') {
      this.logger.warn(
        'An embedded database serves one machine. If you run several replicas, set `connection` to a database that they share.',
      );
    }
  }

  /**
   * Logs the name of the filter for errors of `SessionManager`, if a controller can get them and no filter exists yet. The
   * line is not a warning, since the controller may handle the errors itself. The module can't register the filter: Nest
   * would prefer it to the filters of the root module.
   */
  #reportErrors(): void {
    const caller = this.kind === DEFAULT_KIND ? this.#callerOfManager() : undefined;
    if (caller !== undefined && !sessionExceptionFilterExists()) {
      this.logger.log(
        `${caller} injects SessionManager. If it does not catch an error of the manager, Nest sends a plain 500. ` +
          'To send 401, 503 and so on, as the guard does, call app.useGlobalFilters(new SessionExceptionFilter()).',
      );
    }
  }

  /** Returns the name of a controller that injects `SessionManager` by its class. */
  #callerOfManager(): string | undefined {
    const controllers = [...this.allModules.values()].flatMap((each) => [
      ...each.controllers.values(),
    ]);
    const caller = controllers.find(({ metatype }) =>
      (Reflect.getMetadata(PARAMETER_TYPES, metatype!) as unknown[] | undefined)?.includes(
        SessionManager,
      ),
    );
    return caller?.name;
  }

  #warnOfTimes(): void {
    const { expireTime, renewTimestamp } = this.options.manager;
    for (const [name, time] of Object.entries({ expireTime, renewTimestamp })) {
      if (time < 1000) {
        this.logger.warn(
          `${name} is ${time} milliseconds, less than a second. If you meant seconds, multiply it by 1000.`,
        );
      }
    }
  }

  #warnOfQuota(): void {
    const { deviceBound } = this.options.http;
    if (deviceBound && deviceBound.within < MIN_WITHIN_MS) {
      this.logger.warn(
        `deviceBound.within is ${deviceBound.within} milliseconds, less than 5 minutes. Chrome signs only 6 times in 9 ` +
          'minutes for all hosts of a site. Requests after that get a 401. Set it to 300_000 or more, or remove it.',
      );
    }
  }

  #warnOfPastCookies(): void {
    const now = this.options.manager.clock.now();
    this.options.http.cookie?.previous.forEach(({ name, until }, index) => {
      if (until <= now) {
        this.logger.warn(
          `cookie.previous[${index}], "${name}", has been ignored since ${new Date(until).toISOString()}. ` +
            'Remove it, or, if you meant a later time, set its until to a Date or to milliseconds since 1970.',
        );
      }
    });
  }

  #warnOfCookie(): void {
    const { http, manager } = this.options;
    const weaknesses = http.cookie ? weaknessesOf(http.cookie, manager.clock.now()) : [];
    if (weaknesses.length > 0) {
      this.logger.warn(`The session cookie is weaker than it could be: ${weaknesses.join('; ')}.`);
    }
  }

  #hasDefaultConnection(): boolean {
    try {
      return Boolean(this.modules.get(getConnectionToken(), { strict: false }));
    } catch {
      return false;
    }
  }
}
