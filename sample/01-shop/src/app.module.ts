import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SessionStatusController, SessionsModule } from 'nestjs-server-sessions';
import { AccountController } from './account.controller.js';
import { BasketController } from './basket.controller.js';
import { DevicesController } from './devices.controller.js';
import { PageController } from './page.controller.js';
import { IDLE_TIMEOUT } from './shop-session.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => {
        // Safari keeps no Secure cookie from http://localhost. Only `npm start` sets development.
        const secure = process.env['NODE_ENV'] !== 'development';
        return {
          storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite',
          rolling: true,
          expireTime: IDLE_TIMEOUT,
          cookie: { secure },
          // Browsers that can do so bind the session to their device, over https only.
          deviceBound: secure ? {} : undefined,
        };
      },
    }),
  ],
  controllers: [
    PageController,
    AccountController,
    SessionStatusController,
    BasketController,
    DevicesController,
  ],
  providers: [
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
