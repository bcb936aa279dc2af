import { BadRequestException } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentSession, OptionalSession, PublicRoute, Session } from 'nestjs-server-sessions';
import type { MemberSession } from './member-session.js';

@Resolver()
export class AccountResolver {
  @Query(() => String, { nullable: true })
  @OptionalSession()
  me(@Session('userId') userId?: string): string | undefined {
    return userId;
  }

  /** A mutation, since a query also answers to GET, which a link on any page can send. */
  @Mutation(() => Boolean)
  @PublicRoute()
  async login(
    @Args('name') name: string,
    @CurrentSession() session: CurrentSession<MemberSession>,
  ): Promise<boolean> {
    if (name.trim() === '') {
      throw new BadRequestException('The name is empty.');
    }
    // Check a password here.
    await session.start({ userId: name });
    return true;
  }

  @Mutation(() => Boolean)
  @PublicRoute()
  async logout(@CurrentSession() session: CurrentSession): Promise<boolean> {
    await session.end();
    return true;
  }
}
