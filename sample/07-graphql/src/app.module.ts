import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { SessionGraphQLModule } from 'nestjs-server-sessions/graphql';
import { AccountResolver } from './account.resolver.js';
import { NotesResolver } from './notes.resolver.js';
import { PageController } from './page.controller.js';

@Module({
  imports: [
    SessionsModule.forRootAsync({
      useFactory: () => ({ storagePath: process.env['STORAGE_PATH'] ?? './sessions.sqlite' }),
    }),
    SessionGraphQLModule,
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  controllers: [PageController],
  providers: [AccountResolver, NotesResolver, { provide: APP_GUARD, useExisting: SessionGuard }],
})
export class AppModule {}
