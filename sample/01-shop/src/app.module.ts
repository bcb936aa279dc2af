import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SessionsModule } from 'nestjs-server-sessions';
import { AccountController } from './account.controller.js';
import { BasketController } from './basket.controller.js';
import { DevicesController } from './devices.controller.js';
import { PageController } from './page.controller.js';
import { SessionController } from './session.controller.js';
import { IDLE_TIMEOUT } from './shop-session.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({
        storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite',
        rolling: true,
        expireTime: IDLE_TIMEOUT,
        // Safari keeps no Secure cookie from http://localhost. Only `npm start` sets development.
        cookie: { secure: process.env['NODE_ENV'] !== 'development' },
      }),
    }),
  ],
  controllers: [
    PageController,
    AccountController,
    SessionController,
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
