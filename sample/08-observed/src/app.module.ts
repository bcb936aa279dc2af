import { Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import { AccountController } from './account.controller.js';
import { BasketController } from './basket.controller.js';
import { HealthController } from './health.controller.js';
import { LiveSessions } from './live-sessions.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({ storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite' }),
    }),
    TerminusModule,
  ],
  controllers: [AccountController, BasketController, HealthController],
  providers: [
    SessionsHealthIndicator,
    LiveSessions,
    { provide: APP_GUARD, useExisting: SessionGuard },
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
