import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/sequelize';
import { SessionEntity } from 'nestjs-server-sessions';
import { Op } from 'sequelize';
import { User } from './user.model.js';

@Injectable()
export class UsersService {
  constructor(@InjectModel(User) private readonly users: typeof User) {}

  /** Returns the user of this name, and creates one if there is none. */
  async named(name: string): Promise<User> {
    const [user] = await this.users.findOrCreate({ where: { name } });
    return user;
  }

  find(id: string): Promise<User | null> {
    return this.users.findByPk(id);
  }

  /** Returns the users who have a live session now, each with their sessions. */
  signedIn(): Promise<User[]> {
    const live = { expiresAt: { [Op.gt]: Date.now() } };
    return this.users.findAll({ include: { model: SessionEntity, where: live }, order: ['name'] });
  }
}
