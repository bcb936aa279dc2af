// The session table of nestjs-server-sessions on mariadb, as `synchronize: true` creates it.

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const up = async ({ context }) => {
  await context.sequelize.query(`CREATE TABLE IF NOT EXISTS \`server_sessions\` (
    id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    secret_hash VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    previous_secret_hash VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
    previous_valid_until BIGINT NULL,
    rotated_at BIGINT NULL,
    user_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL,
    actor_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL,
    actor_session_id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    data LONGTEXT NOT NULL,
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
    end_reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    device_secret VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    device_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    KEY \`server_sessions_by_user\` (user_id, end_reason, created_at, id),
    KEY \`server_sessions_by_sweep\` (sweep_after)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
};

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const down = async ({ context }) => {
  await context.sequelize.query(`DROP TABLE \`server_sessions\``);
};
