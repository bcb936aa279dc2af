import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { PublicRoute } from 'nestjs-server-sessions';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';

/** For a readiness probe: a restart of the application does not repair its database. */
@Controller('health')
@PublicRoute()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly sessions: SessionsHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.sessions.pingCheck('sessions')]);
  }
}
