import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { getCurrentSession } from 'nestjs-server-sessions';
import type { Role, StaffSession } from './staff-session.js';

/** Allows a route only for these roles: `@Roles(['admin'])`. */
export const Roles = Reflector.createDecorator<Role[]>();

/**
 * Responds with a 403 if the user has none of the roles. It runs after `SessionGuard`, with the session that was looked
 * up there.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const allowed = this.reflector.getAllAndOverride(Roles, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!allowed) {
      return true;
    }
    const { data } = await getCurrentSession<StaffSession>(context);
    return data?.roles.some((role) => allowed.includes(role)) ?? false;
  }
}
