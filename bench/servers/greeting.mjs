import { sampleSession } from '../sample-session.mjs';

/** The response of every contender: the id of the user, and one property of the session. */
export const greet = ({ userId, name }) => ({ user: userId, hello: name });

/** What the route responds to the n-th session. */
export const greetingOf = (n) => greet(sampleSession(n));
