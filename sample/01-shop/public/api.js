/** An error response of the shop, with a message for people; its status is 0 if there was no response. */
export class Refusal extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

/** Returns an error of BrowserSession with a message for people. */
export const refusalOf = (method, { status, code }) =>
  new Refusal(status, status === 0 ? UNREACHABLE : wordsFor(method, status, { code }));

const WORDS = {
  SESSION_CROSS_ORIGIN: `The shop refused this, because the request seems to come from another site. Open ${location.origin} itself.`,
  SESSION_CONFLICT: 'Too much happened at the same moment, so this was not saved. Try again.',
  SESSION_DATA_TOO_LARGE: 'Your basket is full.',
  SESSION_LIMIT: 'You are signed in on too many devices. Sign one out first.',
};

const READ_UNAVAILABLE =
  'The shop can’t reach its database at the moment. You are not signed out; wait a little and try again.';
const WRITE_UNAVAILABLE =
  'The shop can’t reach its database at the moment, so we can’t say whether this was saved. Try again to see.';
const UNREACHABLE = 'The shop can’t be reached. Are you offline? Try again when you are back.';

/** Some browsers drop a cookie silently, and no script can see whether they did. */
export const COOKIE_NOT_KEPT =
  'Your browser did not keep the session cookie, so you are not signed in. Does it block cookies? From an http:// address, ' +
  'Safari keeps no Secure cookie, and other browsers keep one only from localhost. Open the shop over https, or start it with ' +
  'NODE_ENV=development, as npm start does.';

/** Sends a request to the shop. The browser handles the session cookie; no script ever sees it. */
export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch {
    throw new Refusal(0, UNREACHABLE);
  }
  const result = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw new Refusal(response.status, wordsFor(method, response.status, result));
  }
  return result;
}

function wordsFor(method, status, { code, message } = {}) {
  if (status === 503) {
    return method === 'GET' ? READ_UNAVAILABLE : WRITE_UNAVAILABLE;
  }
  if (status >= 500) {
    return 'Something went wrong in the shop. It is not your fault; try again.';
  }
  return WORDS[code] ?? [message].flat()[0] ?? 'The shop refused this.';
}
