import { html, type Html } from '../html.js';
import type { Links } from '../page-links.js';
import { layout } from './layout.js';

/** Returns a page that says what is wrong, and leads back. */
export function problemPage(links: Links, words: string): Html {
  return layout(
    links,
    'That did not work',
    html`<p role="alert">${words}</p>
      <p><a href="${links()}">Back to the sessions</a></p>`,
  );
}
