import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SessionsModule } from 'nestjs-server-sessions';
import { DevicesController } from './devices.controller.js';
import { SignInController } from './sign-in.controller.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({
        storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite',
        transports: ['bearer'] as const,
        // An app that is used once a fortnight stays signed in, for 90 days at most.
        rolling: true,
        expireTime: 14 * DAY,
        absoluteTimeout: 90 * DAY,
        touchAfter: HOUR,
      }),
    }),
  ],
  controllers: [SignInController, DevicesController],
  providers: [
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
