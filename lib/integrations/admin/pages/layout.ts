import { html, type Content, type Html } from '../html.js';
import type { Links } from '../page-links.js';

/** Returns a whole page. */
export function layout(links: Links, title: string, content: Content): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="${links('style.css')}" />
      </head>
      <body>
        <header><a href="${links()}">Sessions</a></header>
        <main>
          <h1><bdi>${title}</bdi></h1>
          ${content}
        </main>
      </body>
    </html>`;
}

/** Returns the notice of how many sessions the previous request ended. */
export function notice(ended: number | undefined): Content {
  if (ended === undefined) {
    return undefined;
  }
  const words =
    ended === 1 ? 'One session was ended.' : `${ended.toLocaleString('en')} sessions were ended.`;
  return html`<p class="notice" role="status">${words}</p>`;
}

/** The form of a reason, as browsers check it. */
const REASON = '[a-z][a-z0-9\\-]{0,31}';

/** Returns the form that ends sessions. */
export function endForm(action: string, button: string, more?: Html): Html {
  return html`<form method="post" action="${action}" class="end">
      <label
        >Reason
        <input
          name="reason"
          value="revoked"
          required
          pattern="${REASON}"
          maxlength="32"
          autocomplete="off"
      /></label>
      ${more}
      <button class="danger">${button}</button>
    </form>
    <p class="hint">
      The reason is a word of lower-case letters, digits and hyphens, such as revoked. The visitor’s
      page gets it.
    </p>`;
}
