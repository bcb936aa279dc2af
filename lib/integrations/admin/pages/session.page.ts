import type { InspectedSession } from '../../../manager/bulk/session-survey.js';
import { html, type Content, type Html } from '../html.js';
import type { Links } from '../page-links.js';
import { endForm, layout, notice } from './layout.js';
import { badge } from './session-list.js';
import { time } from './times.js';

/** What the page of a session shows. */
export interface SessionView {
  readonly session: InspectedSession;
  readonly now: number;
  readonly showsData: boolean;
  /** The data as text, if the operator asked for it. */
  readonly data: string | undefined;
  readonly ended: number | undefined;
}

/** Returns the page of one session: its life, and what an operator can do with it. */
export function sessionPage(links: Links, view: SessionView): Html {
  const { session, now, ended } = view;
  const { id, userId, actor, status, createdAt, renewedAt, confirmedAt, expiresAt, client } =
    session;
  const owner = userId === undefined ? 'none' : userLink(links, userId);
  const end =
    status === 'ended'
      ? undefined
      : html`<section aria-labelledby="end">
          <h2 id="end">End this session</h2>
          ${endForm(links(`session/${id}/end`), 'End this session')}
        </section>`;
  return layout(
    links,
    'Session',
    html`${notice(ended)}
      <dl class="life">
        ${[
          row('Id', html`<span class="id">${id}</span>`),
          row('Status', badge(session)),
          row('User', owner),
          ...(actor ? [row('Agent who acts', userLink(links, actor.userId))] : []),
          row('Created', time(createdAt, now)),
          row('Renewed', time(renewedAt, now)),
          row('Confirmed', confirmedAt ? time(confirmedAt, now) : 'never'),
          row(status === 'live' ? 'Ends' : 'Ended', time(expiresAt, now)),
          row('Address', html`<bdi>${client.ip ?? 'unknown'}</bdi>`),
          row('User agent', html`<bdi>${client.userAgent ?? 'unknown'}</bdi>`),
          row('Device', session.device),
          row('Version', session.version),
        ]}
      </dl>
      ${data(links, view)} ${end}`,
  );
}

function userLink(links: Links, userId: string): Html {
  return html`<a href="${links(`user?id=${encodeURIComponent(userId)}`)}"><bdi>${userId}</bdi></a>`;
}

function row(label: string, content: Content): Html {
  return html`<div>
    <dt>${label}</dt>
    <dd>${content}</dd>
  </div>`;
}

function data(links: Links, { session, showsData, data }: SessionView): Content {
  if (!showsData) {
    return undefined;
  }
  const content =
    data === undefined
      ? html`<form method="post" action="${links(`session/${session.id}/data`)}">
            <button>Show the data</button>
          </form>
          <p class="hint">Each look is recorded as an event.</p>`
      : html`<pre tabindex="0">${data}</pre>`;
  return html`<section aria-labelledby="data">
    <h2 id="data">Data</h2>
    ${content}
  </section>`;
}
