import type { SurveyedSession } from '../../../manager/bulk/session-survey.js';
import { html, type Content, type Html } from '../html.js';
import type { Links } from '../page-links.js';
import type { Sample } from '../sampled-totals.js';
import { endForm, layout, notice } from './layout.js';
import { sessionList } from './session-list.js';
import { distance } from './times.js';

/** What the first page shows. */
export interface Overview {
  readonly sessions: readonly SurveyedSession[];
  readonly sample: Sample | undefined;
  readonly isFirst: boolean;
  readonly hasMore: boolean;
  readonly now: number;
  readonly ended: number | undefined;
}

/** Returns the first page: totals, search, the newest sessions. */
export function overviewPage(links: Links, overview: Overview): Html {
  const { sessions, sample, isFirst, hasMore, now, ended } = overview;
  const next = hasMore
    ? html`<p><a href="${links(`?before=${sessions.at(-1)!.id}`)}">Older sessions</a></p>`
    : undefined;
  const list =
    sessions.length > 0 ? sessionList(links, sessions, now) : html`<p>There are none.</p>`;
  return layout(
    links,
    'Sessions',
    html`${notice(ended)}
      <section aria-labelledby="totals">
        <h2 id="totals">Totals</h2>
        ${totals(sample)}
      </section>
      <section aria-labelledby="search">
        <h2 id="search">Search</h2>
        <div class="search">
          <form action="${links('session')}">
            <label
              >Session id <input name="id" required autocomplete="off" spellcheck="false" /></label
            ><button>Find the session</button>
          </form>
          <form action="${links('user')}">
            <label
              >User id, exactly
              <input
                name="id"
                required
                maxlength="255"
                autocomplete="off"
                spellcheck="false" /></label
            ><button>Find the user</button>
          </form>
        </div>
      </section>
      <section aria-labelledby="newest">
        <h2 id="newest">${isFirst ? 'Newest sessions' : 'Older sessions'}</h2>
        ${list} ${next}
        <p class="hint">
          Imported and exchanged sessions, and those of a store for express-session, are not listed
          here. Search finds them.
        </p>
      </section>
      <section aria-labelledby="all">
        <h2 id="all">End all sessions</h2>
        <details>
          <summary>All users have to log in again</summary>
          ${endForm(links('all/end'), 'End all sessions', html`<label class="check"><input type="checkbox" name="confirm" value="yes" required /> Log everybody out, perhaps also me</label>`)}
        </details>
      </section>`,
  );
}

function totals(sample: Sample | undefined): Content {
  if (!sample) {
    return html`<p>They are being counted. Load the page again in a moment.</p>`;
  }
  const { live, expired, ended } = sample.totals;
  const number = (label: string, count: number) =>
    html`<div>
      <dt>${label}</dt>
      <dd>${count.toLocaleString('en')}</dd>
    </div>`;
  return html`<dl class="totals">
      ${[
        number('Live', live),
        number('Expired, not deleted yet', expired),
        number('Ended, kept for a time', ended),
      ]}
    </dl>
    <p class="hint">Counted ${distance(-sample.age)}.</p>`;
}
