// The session table of nestjs-server-sessions on postgres, as `synchronize: true` creates it.

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const up = async ({ context }) => {
  await context.sequelize.query(`CREATE TABLE IF NOT EXISTS "server_sessions" (
    id VARCHAR(36) COLLATE "C" NOT NULL PRIMARY KEY,
    secret_hash VARCHAR(43) COLLATE "C" NOT NULL,
    previous_secret_hash VARCHAR(43) COLLATE "C" NULL,
    previous_valid_until BIGINT NULL,
    rotated_at BIGINT NULL,
    user_id VARCHAR(255) COLLATE "C" NULL,
    data TEXT NOT NULL,
    version INTEGER NOT NULL,
    ip_address VARCHAR(45) NULL,
    user_agent VARCHAR(512) NULL,
    created_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
  )`);
  await context.sequelize.query(`CREATE INDEX IF NOT EXISTS "server_sessions_user_id"
    ON "server_sessions" (user_id)`);
  await context.sequelize.query(`CREATE INDEX IF NOT EXISTS "server_sessions_expires_at"
    ON "server_sessions" (expires_at)`);
};

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const down = async ({ context }) => {
  await context.sequelize.query(`DROP TABLE "server_sessions"`);
};
