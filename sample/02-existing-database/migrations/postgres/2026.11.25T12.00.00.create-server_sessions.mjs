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
    actor_id VARCHAR(255) COLLATE "C" NULL,
    actor_session_id VARCHAR(36) COLLATE "C" NULL,
    data TEXT NOT NULL,
    version INTEGER NOT NULL,
    ip_address VARCHAR(45) NULL,
    user_agent VARCHAR(512) NULL,
    created_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    confirmed_at BIGINT NULL,
    lifetime BIGINT NULL,
    ends_at BIGINT NULL,
    expires_at BIGINT NOT NULL,
    sweep_after BIGINT NOT NULL DEFAULT 0,
    end_reason VARCHAR(32) COLLATE "C" NOT NULL DEFAULT '',
    device_secret VARCHAR(255) COLLATE "C" NULL,
    device_key VARCHAR(255) COLLATE "C" NULL
  ) WITH (fillfactor = 85)`);
  await context.sequelize.query(`CREATE INDEX IF NOT EXISTS "server_sessions_by_user"
    ON "server_sessions" (user_id, end_reason, created_at, id)`);
  await context.sequelize.query(`CREATE INDEX IF NOT EXISTS "server_sessions_by_sweep"
    ON "server_sessions" (sweep_after)`);
};

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const down = async ({ context }) => {
  await context.sequelize.query(`DROP TABLE "server_sessions"`);
};
