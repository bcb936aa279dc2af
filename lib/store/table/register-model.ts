import type { Sequelize } from 'sequelize';
import { getAttributes, getModelName, getOptions } from 'sequelize-typescript';
import { DEFAULT_KIND, nameOfKind } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { ResolvedStoreOptions } from '../store.options.js';
import { SessionEntity } from './session.entity.js';

/** A model, and a function that unregisters it when its connection is closed. */
export interface RegisteredModel {
  readonly model: typeof SessionEntity;
  readonly release: () => void;
}

/** Models that were registered for a named kind. */
const modelsOfKinds = new WeakSet<typeof SessionEntity>();

/**
 * Returns the model of the session table of a kind on this connection: the one that the application defined there, or else
 * `SessionEntity` itself. For a named kind, or if another connection has `SessionEntity`, this is a subclass of it. (One
 * class on two connections would silently be bound to the second.)
 *
 * @throws SessionsConfigurationError if another model has the name, or the table has another name
 */
export function registerSessionModel(
  sequelize: Sequelize,
  { kind, tableName }: Pick<ResolvedStoreOptions, 'kind' | 'tableName'>,
): RegisteredModel {
  const defined = definedModel(sequelize, kind, tableName);
  if (defined) {
    return { model: checked(defined, tableName), release: () => {} };
  }
  const entityName = getModelName(SessionEntity.prototype);
  const modelName = nameOfKind(kind, entityName, () => `${entityName}-${kind}`);
  if (sequelize.models[modelName]) {
    throw new SessionsConfigurationError(
      `The connection already has a model named ${modelName}, which Sequelize would replace. Rename your model.`,
    );
  }
  const isFree = kind === DEFAULT_KIND && !SessionEntity.isInitialized;
  const model = isFree ? SessionEntity : class extends SessionEntity {};
  if (kind !== DEFAULT_KIND) {
    modelsOfKinds.add(model);
  }
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

/** Returns the model that the connection already has for this kind. A named kind uses only a model of its table. */
function definedModel(
  sequelize: Sequelize,
  kind: string,
  tableName: string | undefined,
): typeof SessionEntity | undefined {
  const models = Object.values<unknown>(sequelize.models).filter(isSessionModel);
  return kind === DEFAULT_KIND
    ? models.find((model) => !modelsOfKinds.has(model))
    : models.find((model) => tableOf(model) === tableName);
}

function tableOf(model: typeof SessionEntity): string {
  const table = model.getTableName();
  return typeof table === 'string' ? table : table.tableName;
}

function checked(model: typeof SessionEntity, tableName: string | undefined): typeof SessionEntity {
  const actual = tableOf(model);
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
