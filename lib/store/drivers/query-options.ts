/**
 * Options of the statements that run through Sequelize at start. They run outside the application's transactions
 * (`Sequelize.useCLS` would include them) and on the primary. They are never retried and never logged.
 */
export const STATEMENT_OPTIONS = {
  transaction: null,
  useMaster: true,
  retry: { max: 1 },
  logging: false,
} as const;
