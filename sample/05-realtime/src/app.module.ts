import { Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { SessionGuard, SessionsModule, SessionStreamInterceptor } from 'nestjs-server-sessions';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { AccountController } from './account.controller.js';
import { ChatGateway } from './chat.gateway.js';
import { PageController } from './page.controller.js';
import { PresenceController } from './presence.controller.js';
import { Room } from './room.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({ storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite' }),
    }),
    SessionSocketsModule,
  ],
  controllers: [PageController, AccountController, PresenceController],
  providers: [
    Room,
    ChatGateway,
    { provide: APP_GUARD, useExisting: SessionGuard },
    { provide: APP_INTERCEPTOR, useClass: SessionStreamInterceptor },
  ],
})
export class AppModule {}
