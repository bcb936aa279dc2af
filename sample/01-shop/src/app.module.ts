import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SessionsModule } from 'nestjs-server-sessions';
import { AccountController } from './account.controller.js';
import { BasketController } from './basket.controller.js';
import { PageController } from './page.controller.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({
        storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite',
        expireTime: 24 * 60 * 60 * 1000,
        renewTimestamp: 60 * 60 * 1000,
      }),
    }),
  ],
  controllers: [PageController, AccountController, BasketController],
  providers: [
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
