/**
 * Options of the statements at start, which go through Sequelize: outside the application's transactions
 * (`Sequelize.useCLS` would include them), to the primary, once, and never logged.
 */
export const STATEMENT_OPTIONS = {
  transaction: null,
  useMaster: true,
  retry: { max: 1 },
  logging: false,
} as const;
