import { isShort } from '../support/servers/describe-topology.js';

/** How much each test of the cluster suite does. `CLUSTER=short npm run test:cluster` does less, for every change in CI. */
export const SIZES = {
  /** Seconds of mixed load. */
  seconds: isShort ? 10 : 60,
  /** Rounds of logins of one user over all nodes. */
  loginRounds: isShort ? 3 : 20,
} as const;
