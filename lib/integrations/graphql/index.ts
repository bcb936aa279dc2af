export { SessionGraphQLModule } from './session-graphql.module.js';
