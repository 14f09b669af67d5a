/**
 * A small player for pages of others, in an `<iframe>`. It keeps nothing in the browser, and fetches
 * nothing from anybody else.
 */
import { html } from './html.js';
import { artworkBelow, head, nameOf, player } from './session-page.js';
import type { SessionView } from './session-view.js';

/** From the page to the root of the cluster. */
const ROOT = '../..';

/** The page as HTML. */
export function embedPage(view: SessionView): string {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    ${head(view, ROOT)}
  </head>
  <body class="embed" data-root="${ROOT}" data-path="${view.path}">
    <main>
      ${artworkBelow(view, ROOT, 40)}
      <h1 id="name" dir="auto"><a href="${view.urls.page}" target="_blank" rel="noopener">${nameOf(view)}</a></h1>
      ${player(view, ROOT)}
    </main>
  </body>
</html>
`;
  return page.html;
}
