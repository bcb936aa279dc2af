import {
  Catch,
  UnauthorizedException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** Shown once, by the next page. */
    message: string;
  }
}

/** Sends a failed login back to the page, which shows why it failed. */
@Catch(UnauthorizedException)
export class FailedLoginFilter implements ExceptionFilter<UnauthorizedException> {
  catch({ message }: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    http.getRequest<Request>().session.message = message;
    // express-session saves the message before it ends the response.
    http.getResponse<Response>().redirect(303, '/');
  }
}
