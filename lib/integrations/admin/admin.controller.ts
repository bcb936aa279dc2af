import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { SessionExceptionFilter } from '../../http/errors/session-exception.filter.js';
import { DEFAULT_KIND } from '../../common/kind.js';
import { kindOfGuard } from '../../http/guard/guard-kind.js';
import { PublicRoute } from '../../http/guard/session-policy.decorator.js';
import { AdminPages, type AdminRequest, type Answer, type Fields } from './admin-pages.js';
import { SameOriginGuard } from './same-origin.guard.js';

/** The part of an Express response or a Fastify reply that is used. */
interface PageResponse {
  header(name: string, value: string): unknown;
  status(code: number): { send(body: string): unknown };
}

/** No script, no inline style, nothing of another origin, and no frame around the page. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Sends the response itself, so that no interceptor of the application wraps the page. With the usual `no-referrer`,
 * browsers would hide the origin of the forms, and the forms would be refused.
 */
function send(response: PageResponse, { status, type, text, location }: Answer): void {
  response.header('content-security-policy', CONTENT_SECURITY_POLICY);
  response.header('content-type', `${type}; charset=utf-8`);
  response.header('x-content-type-options', 'nosniff');
  response.header('referrer-policy', 'same-origin');
  response.header('cache-control', 'no-store');
  if (location !== undefined) {
    response.header('location', location);
  }
  response.status(status).send(text);
}

/** The routes of the operators' pages. */
class AdminRoutes {
  constructor(@Inject(AdminPages) private readonly pages: AdminPages) {}

  @Get()
  async overview(
    @Req() request: AdminRequest,
    @Query() query: Fields,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.overview(request, query));
  }

  @Get('style.css')
  style(@Res() response: PageResponse): void {
    send(response, this.pages.style());
  }

  @Get('session')
  find(@Req() request: AdminRequest, @Query() query: Fields, @Res() response: PageResponse): void {
    send(response, this.pages.find(request, query));
  }

  @Get('user')
  async user(
    @Req() request: AdminRequest,
    @Query() query: Fields,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.user(request, query));
  }

  @Post('user/end')
  async endUser(
    @Req() request: AdminRequest,
    @Body() body: unknown,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.endUser(request, Object(body)));
  }

  @Post('all/end')
  async endAll(
    @Req() request: AdminRequest,
    @Body() body: unknown,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.endAll(request, Object(body)));
  }

  @Get('session/:id')
  async session(
    @Req() request: AdminRequest,
    @Param('id') id: string,
    @Query() query: Fields,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.session(request, id, query));
  }

  @Post('session/:id/end')
  async endSession(
    @Req() request: AdminRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.endSession(request, id, Object(body)));
  }

  /** A POST, so that neither a link nor a browser that loads pages in advance causes the event. */
  @Post('session/:id/data')
  async data(
    @Req() request: AdminRequest,
    @Param('id') id: string,
    @Res() response: PageResponse,
  ): Promise<void> {
    send(response, await this.pages.data(request, id));
  }
}

/**
 * Returns the controller at this path, behind these guards. They alone decide who passes: a global `SessionGuard` demands no
 * session there, unless a `SessionGuard` is among these guards.
 */
export function adminController(path: string, guards: readonly Type<CanActivate>[]): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(SameOriginGuard, ...guards)
  @UseFilters(SessionExceptionFilter)
  class SessionAdminController extends AdminRoutes {}
  if (!guards.some((guard) => kindOfGuard(guard) === DEFAULT_KIND)) {
    PublicRoute()(SessionAdminController);
  }
  return SessionAdminController;
}
