/**
 * The page of a session: what plays, a player, the last titles, and addresses for other players. It
 * is complete without JavaScript, whose part (web/session.js) keeps it up to date and the sound going. All
 * addresses of its own files are relative, so it works below any path of a web server in front.
 */
import { type Html, html } from './html.js';
import { qrCode } from './qr-code.js';
import type { SessionView } from './session-view.js';

/** The title of a session; without one its path. */
export const nameOf = ({ title, path }: SessionView): string => title ?? path;

/** From the page to the root of the cluster. */
const ROOT = '..';

/** What every page with a player begins with; `root`: from the page to the root of the cluster. */
export const head = (view: SessionView, root: string): Html =>
  html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${nameOf(view)}</title>
    <link rel="stylesheet" href="${root}/style.css" />
    <script type="module" src="${root}/session.js"></script>`;

const DESCRIPTION_LENGTH_MAX = 300;

/** What messengers and social networks show of the page (Open Graph). */
export function openGraph(view: SessionView): Html {
  const description = (view.description ?? view.genre ?? 'Live radio').slice(
    0,
    DESCRIPTION_LENGTH_MAX,
  );
  return html`<meta name="description" content="${description}" />
    <meta property="og:type" content="music.radio_station" />
    <meta property="og:title" content="${nameOf(view)}" />
    <meta property="og:description" content="${description}" />
    <meta property="og:url" content="${view.urls.page}" />
    <meta property="og:audio" content="${view.urls.stream}" />
    <meta property="og:audio:type" content="audio/mpeg" />
    <meta property="og:site_name" content="Scattercast" />
    ${
      view.urls.image &&
      html`<meta property="og:image" content="${view.urls.image}" />
    <meta property="og:image:alt" content="${nameOf(view)}" />`
    }
    <meta name="twitter:card" content="summary" />
    <link rel="canonical" href="${view.urls.page}" />`;
}

/** The picture of the session, beside its name. `url`: from the page. */
export const artwork = (url: string | undefined, size: number): Html | undefined =>
  url === undefined
    ? undefined
    : html`<img class="artwork" id="artwork" src="${url}" alt="" width="${size}" height="${size}" />`;

/** The picture on a page from which the root of the cluster is at `root`. */
export const artworkBelow = (
  { image }: SessionView,
  root: string,
  size: number,
): Html | undefined => artwork(image && `${root}/${image}`, size);

export function facts({ genre, path, homepage }: SessionView): Html {
  return html`<p class="facts"><bdi>${genre}</bdi>
      <bdi>${path}</bdi>
      ${homepage && html`<a href="${homepage}" rel="noopener nofollow">Home page</a>`}</p>`;
}

/** The player: the browser's own, and one of the script's, which replaces it. */
export const player = (view: SessionView, root: string): Html =>
  html`<section id="radio" class="card" aria-label="Player">
      <p id="state" role="status">${view.onAir ? 'On air' : 'Off the air'}</p>
      <p id="now" class="now-playing" dir="auto">${view.playing ?? ''}</p>
      <!-- Nobody captions a live radio. -->
      <audio id="audio" controls preload="none" src="${root}/listen/${view.path}.mp3"></audio>
      <div id="controls" hidden>
        <button type="button" id="toggle" class="play" aria-label="Play"></button>
        <label class="volume">Volume <input type="range" id="volume" min="0" max="100" value="100" /></label>
      </div>
    </section>`;

/** The slider for earlier sound; the script shows it where sound is kept. */
const earlier = html`<section id="earlier" class="earlier" aria-label="Earlier sound" hidden>
      <label for="from">Listen from</label>
      <input type="range" id="from" min="-1" max="0" step="1" value="0" aria-valuetext="Live" />
      <output id="from-text" for="from">Live</output>
      <button type="button" id="live" class="plain" hidden>Back to live</button>
    </section>`;

/** The time of day without JavaScript; the script shows that of the reader. */
const timeOf = (at: string): string => `${at.slice(11, 16)} UTC`;

function lastTitles({ titles }: SessionView): Html {
  const rows = titles.map(
    ({ title, at }) =>
      html`<li><time datetime="${at}">${timeOf(at)}</time> <span dir="auto">${title}</span></li>`,
  );
  return html`<section id="history"${titles.length === 0 ? html` hidden` : undefined}>
      <h2>Last played</h2>
      <ol id="titles" class="titles">${rows}</ol>
    </section>`;
}

export function addresses({ urls }: SessionView): Html {
  const row = (what: string, url: string): Html =>
    html`<dt>${what}</dt><dd><a href="${url}">${url}</a></dd>`;
  const renditions = (urls.renditions ?? []).map(({ kbps, stream }) =>
    row(`MP3, ${kbps} kbit/s`, stream),
  );
  return html`<section>
      <h2>In other players</h2>
      <div class="elsewhere">
        <dl>${row('MP3', urls.stream)}${renditions}${row('HLS', urls.hls)}${row('Playlist', urls.m3u)}
          <dt>More playlists</dt>
          <dd><a href="${urls.pls}">.pls</a> <a href="${urls.xspf}">.xspf</a></dd>
        </dl>
        <figure>${qrCode(urls.page, `QR code of ${urls.page}`)}<figcaption>On a telephone</figcaption></figure>
      </div>
    </section>`;
}

function sharing(view: SessionView): Html {
  const { embed } = view.urls;
  const frame = html`<iframe src="${embed}" title="${nameOf(view)}" width="360" height="120"></iframe>`;
  const file = embed.slice(0, -`/${view.path}`.length);
  const script = html`<script src="${file}.js" data-session="${view.path}" async></script>`;
  return html`<section>
      <h2>On your own page</h2>
      <pre tabindex="0" role="region" aria-label="HTML of a small player"><code>${frame.html}</code></pre>
      <p class="facts">or, where only scripts are possible</p>
      <pre tabindex="0" role="region" aria-label="Script of a small player"><code>${script.html}</code></pre>
      <p id="share-row" hidden><button type="button" id="share" class="plain">Share this page</button></p>
    </section>`;
}

/** The page as HTML. */
export function sessionPage(view: SessionView): string {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    ${head(view, ROOT)}
    ${openGraph(view)}
    <link rel="alternate" type="application/atom+xml" title="On the air" href="${ROOT}/feed.atom" />
    <link rel="icon" href="${ROOT}/icon.svg" type="image/svg+xml" />
  </head>
  <body class="session-page" data-root="${ROOT}" data-path="${view.path}">
    <header>
      <a href="${ROOT}/"><img src="${ROOT}/icon.svg" alt="All sessions of this cluster" width="40" height="40" /></a>
      <div>
        <h1 id="name" dir="auto">${nameOf(view)}</h1>
        ${facts(view)}
      </div>
      ${artworkBelow(view, ROOT, 96)}
    </header>
    <main>
      ${view.description && html`<p class="description" dir="auto">${view.description}</p>`}
      ${player(view, ROOT)}
      ${earlier}
      ${lastTitles(view)}
      ${addresses(view)}
      ${sharing(view)}
    </main>
  </body>
</html>
`;
  return page.html;
}
