import { inspect } from 'node:util';
import type { Model as BaseModel } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import { serverDialect } from '../checks/server-version.js';
import { createSessionTable } from './prepare-table.js';

/**
 * One row of the session table, for queries and associations of the application. Create and change sessions only through
 * `SessionManager`: a plain `update` or `destroy` breaks its rules.
 *
 * Rows of expired sessions and of ended ones are here too. The scope `notEnded` leaves the ended ones out; in an `include`,
 * add `required: false` to keep owners without a session.
 *
 * Declare associations with `constraints: false`, so that neither table restricts the other. Hashes are left out of
 * `toJSON()` and `util.inspect`.
 *
 * @example
 * ```ts
 * @Table
 * class User extends Model {
 *   @HasMany(() => SessionEntity, { foreignKey: 'userId', constraints: false })
 *   declare sessions: SessionEntity[];
 * }
 * const users = await User.findAll({ include: { model: SessionEntity.scope('notEnded'), required: false } });
 * ```
 * @publicApi
 */
@Table({
  modelName: 'ServerSession',
  tableName: 'server_sessions',
  timestamps: false,
  paranoid: false,
  underscored: false,
  version: false,
  scopes: { notEnded: { where: { endReason: '' } } },
})
export class SessionEntity extends Model {
  /**
   * Public identifier, a UUIDv7 (UUIDv8 if it was imported or exchanged, or belongs to a store for express-session). Not a
   * secret: it may be shown and logged.
   */
  @Column({ type: DataType.STRING(36), primaryKey: true })
  declare id: string;

  /** SHA-256 of the token's secret, base64url. */
  @Column({ type: DataType.STRING(43), field: 'secret_hash', allowNull: false })
  declare secretHash: string;

  /** The hash that the latest rotation replaced, or `null`. */
  @Column({ type: DataType.STRING(43), field: 'previous_secret_hash' })
  declare previousSecretHash: string | null;

  /**
   * Until when the previous secret may still read, in epoch milliseconds, or `null`. Negative if it may also write, as a
   * legacy token that a write replaced may.
   */
  @EpochMilliseconds('previous_valid_until', true)
  declare previousValidUntil: number | null;

  /** Epoch milliseconds of the latest rotation, or `null`. */
  @EpochMilliseconds('rotated_at', true)
  declare rotatedAt: number | null;

  /** The owner of the session, or `null`. */
  @Column({ type: DataType.STRING(255), field: 'user_id' })
  declare userId: string | null;

  /** The session's data as JSON text. */
  @Column({ type: DataType.TEXT, allowNull: false })
  declare data: string;

  /** Starts at 1, and grows with each change of data, secret or own lifetime, and of the owner by `reassignOwners`. */
  @Column({ type: DataType.INTEGER, allowNull: false })
  declare version: number;

  /** Address of the client that started the session, or `null`. */
  @Column({ type: DataType.STRING(45), field: 'ip_address' })
  declare ipAddress: string | null;

  /** `User-Agent` of the client that started the session, cut to 512 characters, or `null`. */
  @Column({ type: DataType.STRING(512), field: 'user_agent' })
  declare userAgent: string | null;

  /** Epoch milliseconds. */
  @EpochMilliseconds('created_at')
  declare createdAt: number;

  /** Epoch milliseconds of the latest renewal, or of the creation if there was none. */
  @EpochMilliseconds('renewed_at')
  declare renewedAt: number;

  /** Epoch milliseconds of the user's latest proof of who they are, or `null`. */
  @EpochMilliseconds('confirmed_at', true)
  declare confirmedAt: number | null;

  /** Milliseconds that the session lives after a renewal, or `null` if it follows the options. */
  @EpochMilliseconds('lifetime', true)
  declare lifetime: number | null;

  /** Epoch milliseconds at which the session ends, however often it is renewed, or `null`. */
  @EpochMilliseconds('ends_at', true)
  declare endsAt: number | null;

  /** Epoch milliseconds; the session is expired from this moment on. */
  @EpochMilliseconds('expires_at')
  declare expiresAt: number;

  /** Why the session ended, in a row that is kept for `cleanup.retention` after the end; empty until then. */
  @Column({ type: DataType.STRING(32), field: 'end_reason', allowNull: false, defaultValue: '' })
  declare endReason: string;

  /** Creates the table as the module does, with its collations and indexes, even if the application syncs first. */
  static override async sync<M extends BaseModel>(): Promise<M> {
    const sequelize = this.sequelize!;
    await createSessionTable(sequelize, await serverDialect(sequelize), this.getTableName());
    return this as unknown as M;
  }

  /** As `get()` of Sequelize, but `plain` leaves the hashes out. `toJSON()` uses it, even if another model includes this. */
  override get(...args: unknown[]): any {
    const value: unknown = super.get(...(args as [string]));
    const [options] = args;
    if ((options as { plain?: boolean } | undefined)?.plain) {
      const { secretHash, previousSecretHash, ...shown } = value as Record<string, unknown>;
      return shown;
    }
    return value;
  }

  /** Shows in the console what `toJSON()` returns. */
  [inspect.custom](): object {
    return this.toJSON();
  }
}

/** Declares a column of milliseconds that reads as a number. Drivers read BIGINT as a string, a number or a bigint. */
function EpochMilliseconds(field: string, allowNull = false): PropertyDecorator {
  return (target, propertyKey) =>
    Column({
      type: DataType.BIGINT,
      field,
      allowNull,
      get(this: SessionEntity) {
        const value: unknown = this.getDataValue(propertyKey as keyof SessionEntity);
        return value === null || value === undefined ? value : Number(value);
      },
    })(target, propertyKey as string);
}
