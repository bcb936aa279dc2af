import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import type { Sequelize } from 'sequelize';
import { CONNECTION, IS_EMBEDDED, RESOLVED_OPTIONS } from './sessions.module-definition.js';
import type { ResolvedSessionsOptions } from './sessions.options.js';

/** Says at start where sessions are kept, and warns of what is rarely meant. */
@Injectable()
export class StartReport implements OnModuleInit {
  readonly #logger = new Logger('SessionsModule');

  constructor(
    @Inject(CONNECTION) private readonly connection: Sequelize,
    @Inject(IS_EMBEDDED) private readonly isEmbedded: boolean,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedSessionsOptions,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    const { storagePath } = this.options.store;
    if (!this.isEmbedded) {
      this.#logger.log(
        `Sessions are kept in the application's ${this.connection.getDialect()} database.`,
      );
      return;
    }
    this.#logger.log(`Sessions are kept in the embedded SQLite database ${storagePath}.`);
    if (this.#hasDefaultConnection()) {
      this.#logger.warn(
        "The application has a SequelizeModule connection, which sessions don't use. " +
          "Set connection: 'default' if they should.",
      );
    }
    if (process.env['NODE_ENV'] === 'production') {
      this.#logger.warn(
        'An embedded database serves one machine: several replicas need a shared one, set by `connection`.',
      );
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
