import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { TerminusModule } from '@nestjs/terminus';
import { SessionsModule } from 'nestjs-server-sessions';
import { SessionGraphQLModule } from 'nestjs-server-sessions/graphql';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import { SessionsHealthIndicator } from 'nestjs-server-sessions/terminus';
import { AccountController, AccountGateway, AccountResolver } from './account.js';

@Module({
  imports: [
    SessionsModule.forRoot({ storagePath: ':memory:' }),
    SessionSocketsModule,
    SessionGraphQLModule,
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    TerminusModule,
  ],
  controllers: [AccountController],
  providers: [AccountGateway, AccountResolver, SessionsHealthIndicator],
})
export class AppModule {}
