import { DataTypes } from 'sequelize';

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const up = async ({ context }) => {
  await context.createTable('users', {
    id: { type: DataTypes.STRING(36), primaryKey: true },
    name: { type: DataTypes.STRING(40), allowNull: false, unique: true },
  });
};

/** @type {import('umzug').MigrationFn<import('sequelize').QueryInterface>} */
export const down = async ({ context }) => {
  await context.dropTable('users');
};
