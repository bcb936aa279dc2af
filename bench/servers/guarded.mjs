import { createParamDecorator, UnauthorizedException, UseGuards } from '@nestjs/common';
import { greet } from './greeting.mjs';
import { greetingController } from './serve-application.mjs';

/**
 * A route behind a guard as Nest's documentation writes it. `read(request, response)` returns what the credential of the
 * request holds, and rejects or returns no user if the credential is not valid.
 */
export function guardedController(read) {
  class Guard {
    async canActivate(context) {
      const http = context.switchToHttp();
      const request = http.getRequest();
      request.user = await read(request, http.getResponse()).catch(() => undefined);
      if (request.user?.userId === undefined) {
        throw new UnauthorizedException();
      }
      return true;
    }
  }
  return greetingController(greet, { decorators: [UseGuards(new Guard())], argument: User() });
}

const User = createParamDecorator((_, context) => context.switchToHttp().getRequest().user);

/** Returns the token of the Authorization header. */
export function bearerOf({ headers }) {
  const [type, token] = headers.authorization?.split(' ') ?? [];
  return type === 'Bearer' ? token : undefined;
}
