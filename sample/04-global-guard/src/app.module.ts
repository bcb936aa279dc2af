import { Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { AccountController } from './account.controller.js';
import { ArticlesController } from './articles.controller.js';
import { RolesGuard } from './roles.guard.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({ storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite' }),
    }),
  ],
  controllers: [AccountController, ArticlesController],
  providers: [
    // Guards run in this order. With useExisting, tests can override SessionGuard.
    { provide: APP_GUARD, useExisting: SessionGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
