/** @module nestjs-server-sessions/graphql */
export { SessionGraphQLModule } from './session-graphql.module.js';
