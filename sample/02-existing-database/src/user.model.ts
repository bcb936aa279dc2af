import { SessionEntity } from 'nestjs-server-sessions';
import { Column, DataType, HasMany, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'users', timestamps: false })
export class User extends Model {
  /** A string, since the session table keeps the id of a user as a string. */
  @Column({ type: DataType.STRING(36), primaryKey: true, defaultValue: DataType.UUIDV4 })
  declare id: string;

  @Column({ type: DataType.STRING(40), allowNull: false, unique: true })
  declare name: string;

  @HasMany(() => SessionEntity, { foreignKey: 'userId', constraints: false })
  declare sessions: SessionEntity[];
}
