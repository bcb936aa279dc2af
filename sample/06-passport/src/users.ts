import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';

export interface User {
  readonly id: string;
  readonly name: string;
}

const hash = promisify<string, Buffer, number, Buffer>(scrypt);

/** The users, all with the password `secret`. In a real application they are in the database, each with a hash. */
@Injectable()
export class Users {
  readonly #users: readonly User[] = [
    { id: '1', name: 'ann' },
    { id: '2', name: 'bob' },
  ];
  readonly #salt = randomBytes(16);
  readonly #hash = hash('secret', this.#salt, 64);

  /** Returns the user of this id, as the session keeps it. */
  find(id: string): User | undefined {
    return this.#users.find((user) => user.id === id);
  }

  /** Returns the user of this name, if the password is right. */
  async verify(name: string, password: string): Promise<User | undefined> {
    const isRight = timingSafeEqual(await hash(password, this.#salt, 64), await this.#hash);
    return isRight ? this.#users.find((user) => user.name === name) : undefined;
  }
}
