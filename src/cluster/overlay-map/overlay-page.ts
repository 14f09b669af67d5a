/**
 * The page of the map of an overlay, for one session or, without one, for recordings. What it shows is made by
 * its script (web/overlay/), which the build puts together; the page itself tells nothing of the session.
 */
import { type Html, html } from '../session-pages/html.js';

const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 30, 100] as const;

const speedOption = (speed: number): Html =>
  html`<option value="${speed}"${speed === 1 ? html` selected` : undefined}>${speed}\u00d7</option>`;

const login = html`<form id="login" class="card" hidden>
        <label for="token">Token of the operator</label>
        <p class="hint">It lies in the data directory of the cluster, in the file admin-token.</p>
        <input id="token" type="password" autocomplete="off" spellcheck="false" required />
        <button type="submit" class="plain">Show the map</button>
      </form>`;

const details = html`<section id="details" class="card" aria-labelledby="details-name" hidden>
        <h2 id="details-name">SCX</h2>
        <dl id="details-list"></dl>
        <button type="button" id="close-details" class="plain">Close</button>
      </section>`;

const controls = html`<div id="map-controls" hidden>
        <div class="bar">
          <button type="button" id="pause" class="plain">Pause</button>
          <label class="wide"><span class="hidden-text">Position</span><input type="range" id="position" min="0" max="1000" value="1000" /></label>
          <span id="time">Live</span>
          <button type="button" id="to-live" class="plain" hidden>Back to live</button>
          <label>Speed <select id="speed">${SPEEDS.map(speedOption)}</select></label>
        </div>
        <div class="bar">
          <label><input type="checkbox" id="mesh" checked /> Mesh edges</label>
          <label id="source-row" hidden>Tree of <select id="source"></select></label>
          <label class="file">Open a recording <input type="file" id="file" accept=".jsonl,.ndjson,application/x-ndjson" /></label>
        </div>
      </div>`;

const table = html`<details id="table">
        <summary>All SCXs as a table</summary>
        <div class="scrolled" tabindex="0" role="region" aria-label="All SCXs">
          <table>
            <thead><tr><th scope="col">SCX</th><th scope="col">Fed by</th><th scope="col">Listeners</th><th scope="col">Neighbours</th><th scope="col">Changes of parent</th></tr></thead>
            <tbody id="rows"></tbody>
          </table>
        </div>
      </details>`;

/**
 * The page as HTML.
 *
 * @param root from the page to the root of the cluster
 * @param path `creator/session`; '' for recordings
 */
export function overlayPage(root: string, path: string): string {
  const name = path === '' ? 'Recording' : path;
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Overlay \u00b7 ${name}</title>
    <link rel="icon" href="${root}/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${root}/style.css" />
    <link rel="stylesheet" href="${root}/overlay.css" />
    <script type="module" src="${root}/overlay.js"></script>
  </head>
  <body class="overlay" data-root="${root}" data-path="${path}">
    <header>
      <a href="${root}/"><img src="${root}/icon.svg" alt="All sessions of this cluster" width="40" height="40" /></a>
      <div>
        <h1 id="name" dir="auto">${name}</h1>
        <p id="summary"></p>
      </div>
    </header>
    <main>
      <p id="notice" role="status" hidden></p>
      ${login}
      <div class="stage">
        <canvas id="map" tabindex="0" role="img" aria-label="Map of the overlay: SCXs, their mesh edges, and the tree of a source. The table below has the same as text. Arrow keys move it, plus and minus scale it, 0 shows all."></canvas>
        <canvas id="motion" aria-hidden="true"></canvas>
        ${details}
      </div>
      ${controls}
      <p class="legend">Distances are delays. A circle is an SCX, larger with more listeners; hollow: it is known from others only. Moving dots go from parent to child; a red ring marks the source.</p>
      ${table}
      <noscript>The map needs JavaScript. Without it there is <a href="${root}/status">the status</a> of this cluster.</noscript>
    </main>
  </body>
</html>
`;
  return page.html;
}
