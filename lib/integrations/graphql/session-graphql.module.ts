import { Global, Module } from '@nestjs/common';
import { GraphqlDrivers } from './graphql-drivers.js';

/**
 * The module for sessions in GraphQL, with the drivers `ApolloDriver` and `MercuriusDriver`. Import it once, beside
 * `SessionsModule` and `GraphQLModule`. A refused operation then has the `code` of `SessionHttpException` in the `extensions`
 * of its error. Operations over sockets (graphql-ws) find the session of their connection, which is closed with 4401 when the
 * session ends.
 *
 * @throws SessionsConfigurationError at start-up if a field requires a session, but `GraphQLModule` ignores its guard
 *
 * @example
 * ```ts
 * @Module({
 *   imports: [
 *     SessionsModule.forRoot(),
 *     SessionGraphQLModule,
 *     GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 * @publicApi
 */
// Nest initializes global modules first: GraphQLModule starts its driver in its own `onModuleInit`.
@Global()
@Module({ providers: [GraphqlDrivers] })
export class SessionGraphQLModule {}
