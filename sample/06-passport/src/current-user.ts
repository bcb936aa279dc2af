import {
  createParamDecorator,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import type { User } from './users.js';

const userOf = (context: ExecutionContext) =>
  context.switchToHttp().getRequest<Request>().user as User | undefined;

/** The user that Passport loaded for this request. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext) =>
  userOf(context),
);

/** Refuses a request without a login. `SessionGuard` does not see the sessions of express-session. */
@Injectable()
export class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (!userOf(context)) {
      throw new UnauthorizedException('Log in first.');
    }
    return true;
  }
}
