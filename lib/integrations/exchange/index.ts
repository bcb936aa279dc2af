/** @module nestjs-server-sessions/exchange */
export { pinnedJwt, type JwtClaims, type JwtPins, type PinnedJwtOptions } from './pinned-jwt.js';
export {
  SessionExchange,
  type ExchangeableCredential,
  type SessionExchangeOptions,
} from './session-exchange.js';
