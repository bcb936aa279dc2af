import type { Sequelize } from 'sequelize';
import { getAttributes, getModelName, getOptions } from 'sequelize-typescript';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { SessionEntity } from './session.entity.js';

/** A model, and a function that unregisters it when its connection is closed. */
export interface RegisteredModel {
  readonly model: typeof SessionEntity;
  readonly release: () => void;
}

/**
 * Returns the model of the session table on this connection: the one that the application defined there, else
 * `SessionEntity` itself, or a subclass if another connection has that. (One class on two connections would silently be
 * bound to the second.)
 *
 * @throws SessionsConfigurationError if a model of another kind has the name, or the table has another name
 */
export function registerSessionModel(sequelize: Sequelize, tableName?: string): RegisteredModel {
  const defined = Object.values<unknown>(sequelize.models).find(isSessionModel);
  if (defined) {
    return { model: checked(defined, tableName), release: () => {} };
  }
  const modelName = getModelName(SessionEntity.prototype);
  if (sequelize.models[modelName]) {
    throw new SessionsConfigurationError(
      `The connection already has a model named ${modelName}, which Sequelize would replace. Rename your model.`,
    );
  }
  const model = SessionEntity.isInitialized ? class extends SessionEntity {} : SessionEntity;
  model.initialize(getAttributes(SessionEntity.prototype), {
    ...getOptions(SessionEntity.prototype),
    ...(tableName !== undefined && { tableName }),
    modelName,
    sequelize,
  });
  const release = () => {
    model.isInitialized = false;
    delete sequelize.models[modelName];
  };
  return { model, release };
}

function checked(model: typeof SessionEntity, tableName: string | undefined): typeof SessionEntity {
  const table = model.getTableName();
  const actual = typeof table === 'string' ? table : table.tableName;
  if (tableName !== undefined && tableName !== actual) {
    throw new SessionsConfigurationError(
      `tableName is "${tableName}", but the connection has SessionEntity on the table "${actual}". Leave tableName out.`,
    );
  }
  return model;
}

function isSessionModel(model: unknown): model is typeof SessionEntity {
  return (
    model === SessionEntity ||
    (typeof model === 'function' && model.prototype instanceof SessionEntity)
  );
}
