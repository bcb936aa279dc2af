import type { SessionClient } from '../../../manager/session-record.js';
import { html, type Html } from '../html.js';
import type { Links } from '../page-links.js';
import { time } from './times.js';

/** What a list shows of a session. */
export interface ListedLife {
  readonly id: string;
  /** `undefined` if the page is about one user. */
  readonly userId?: string | undefined;
  readonly status: 'live' | 'expired' | 'ended';
  readonly endReason: string;
  readonly createdAt: Date;
  /** When the session ends, or ended. */
  readonly expiresAt: Date;
  readonly client: SessionClient;
}

/** Returns the status of a session in one word; if it has ended, the reason. */
export function badge({ status, endReason }: Pick<ListedLife, 'status' | 'endReason'>): Html {
  const word = status === 'ended' ? endReason : status;
  return html`<span class="badge ${status}"><bdi>${word}</bdi></span>`;
}

/** Returns a list of sessions. Their owners and user agents are what clients sent. */
export function sessionList(links: Links, sessions: readonly ListedLife[], now: number): Html {
  return html`<ul class="sessions">
    ${sessions.map((session) => item(links, session, now))}
  </ul>`;
}

function item(links: Links, session: ListedLife, now: number): Html {
  const { id, userId, status, createdAt, expiresAt, client } = session;
  const owner = userId === undefined ? undefined : html`<bdi class="owner">${userId}</bdi>`;
  const verb = status === 'live' ? 'ends' : 'ended';
  return html`<li>
    <div>${badge(session)} ${owner} <a class="id" href="${links(`session/${id}`)}">${id}</a></div>
    <div>created ${time(createdAt, now)}, ${verb} ${time(expiresAt, now)}</div>
    <div class="hint">
      <bdi>${client.ip ?? 'unknown address'}</bdi>
      <bdi>${client.userAgent ?? 'unknown client'}</bdi>
    </div>
  </li>`;
}
