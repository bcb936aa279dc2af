import type { EndedSession, SessionSummary } from '../../../manager/session-record.js';
import { html, type Html } from '../html.js';
import type { Links } from '../page-links.js';
import { endForm, layout, notice } from './layout.js';
import { sessionList, type ListedLife } from './session-list.js';

/** What the page of a user shows. */
export interface UserView {
  readonly userId: string;
  readonly live: readonly SessionSummary[];
  readonly over: readonly EndedSession[];
  /** The maximum length of each list. */
  readonly limit: number;
  readonly now: number;
  readonly ended: number | undefined;
}

/** Returns the page of one user: the live sessions, the history, and a form to end all. */
export function userPage(links: Links, view: UserView): Html {
  const { userId, live, over, limit, now, ended } = view;
  const lives = live.map((each): ListedLife => ({ ...each, status: 'live', endReason: '' }));
  const history = over.map((each): ListedLife => ({
    ...each,
    status: 'ended',
    expiresAt: each.endedAt,
  }));
  const list = (sessions: readonly ListedLife[]) =>
    sessions.length === 0
      ? html`<p>There are none.</p>`
      : html`${sessionList(links, sessions, now)}${
          sessions.length < limit
            ? undefined
            : html`<p class="hint">Only the newest ${limit} are shown.</p>`
        }`;
  return layout(
    links,
    `User ${userId}`,
    html`${notice(ended)}
      <section aria-labelledby="live">
        <h2 id="live">Live sessions</h2>
        ${list(lives)}
      </section>
      <section aria-labelledby="over">
        <h2 id="over">Ended sessions</h2>
        ${list(history)}
      </section>
      <section aria-labelledby="end">
        <h2 id="end">End all sessions of this user</h2>
        ${endForm(links('user/end'), 'End all of them', html`<input type="hidden" name="id" value="${userId}" />`)}
      </section>`,
  );
}
