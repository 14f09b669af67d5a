/**
 * The page of a session as one file for any web server (`announce --page FILE`). The player in it, and
 * what plays, come from the cluster, in a frame; the file itself has no script, and nothing outside it is
 * needed to read it.
 */
import { createHash } from 'node:crypto';
import type { Announcement } from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { sessionPath } from '../../session/session-name.js';
import { html } from './html.js';
import { addresses, artwork, facts, nameOf, openGraph } from './session-page.js';
import { type SessionView, urlsOf } from './session-view.js';

/** A session that is announced at a cluster, before anything is known of what plays. */
function announcedView(announcement: Announcement, cluster: string): SessionView {
  const { title, description, genre, homepage, image, renditions } = announcement;
  const path = sessionPath(announcement.name);
  return {
    path,
    ...dropAbsent({ title, description, genre, homepage }),
    ...{
      onAir: false,
      playing: null,
      listeners: 0,
      titles: [],
      urls: urlsOf(cluster, path, { image, renditions }),
    },
  };
}

/** What the page may load: its own style, and the player. */
const policyFor = (style: string, cluster: string, hasImage: boolean): string => {
  const hash = createHash('sha256').update(style).digest('base64');
  const { origin } = new URL(cluster);
  return `default-src 'none'; style-src 'sha256-${hash}'; ${hasImage ? `img-src ${origin}; ` : ''}frame-src ${origin}`;
};

/**
 * The page as HTML.
 *
 * @param cluster the address of the cluster, without a slash at its end
 * @param style the content of web/style.css
 */
export function staticPage(announcement: Announcement, cluster: string, style: string): string {
  const view = announcedView(announcement, cluster);
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta http-equiv="Content-Security-Policy" content="${policyFor(style, cluster, view.urls.image !== undefined)}" />
    <title>${nameOf(view)}</title>
    ${openGraph(view)}
    <style>${{ html: style }}</style>
  </head>
  <body class="session-page">
    <header>
      <div>
        <h1 dir="auto">${nameOf(view)}</h1>
        ${facts(view)}
      </div>
      ${artwork(view.urls.image, 96)}
    </header>
    <main>
      ${view.description && html`<p class="description" dir="auto">${view.description}</p>`}
      <iframe class="player" src="${view.urls.embed}" title="Player" allow="autoplay"></iframe>
      ${addresses(view)}
    </main>
  </body>
</html>
`;
  return page.html;
}
