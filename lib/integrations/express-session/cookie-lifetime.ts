/** The part of a session that says when its cookie ends. */
export interface SessionWithCookie {
  readonly cookie?: { expires?: Date | string | number | boolean | null | undefined } | undefined;
}

/**
 * Returns for how many milliseconds the session's cookie still lives, at most `max`; 0 if it has ended, `undefined` if it
 * ends with the browser. The libraries that set the cookie use the clock of the process.
 */
export function cookieLifetime({ cookie }: SessionWithCookie, max: number): number | undefined {
  const expires = cookie?.expires;
  if (!(expires instanceof Date) && typeof expires !== 'string') {
    return undefined;
  }
  const left = new Date(expires).getTime() - Date.now();
  return Number.isNaN(left) ? undefined : Math.max(0, Math.min(Math.floor(left), max));
}

/**
 * If a loaded cookie has an end, sets it to the end of the row. `touch` extends the row but does not change its data, so a
 * save with the old date in the data would end the session.
 */
export function alignCookie({ cookie }: SessionWithCookie, millisecondsLeft: number): void {
  if (cookie?.expires) {
    cookie.expires = new Date(Date.now() + millisecondsLeft);
  }
}
