/**
 * What the statements at start, which go through Sequelize, are sent with: outside the application's own transactions
 * (`Sequelize.useCLS` would take them in), to the primary, once, and never logged.
 */
export const STATEMENT_OPTIONS = {
  transaction: null,
  useMaster: true,
  retry: { max: 1 },
  logging: false,
} as const;
