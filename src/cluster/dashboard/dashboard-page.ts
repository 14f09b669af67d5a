/**
 * The page of the dashboard. All that it shows is made by its script (web/dashboard/), which the build puts
 * together; the page itself tells nothing of the cluster.
 */
import { html } from '../session-pages/html.js';

/** The page as HTML; `root`: from the page to the root of the cluster. */
export function dashboardPage(root: string): string {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Dashboard</title>
    <link rel="icon" href="${root}/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${root}/style.css" />
    <link rel="stylesheet" href="${root}/dashboard.css" />
    <script type="module" src="${root}/dashboard.js"></script>
  </head>
  <body class="dashboard" data-root="${root}">
    <div id="app"></div>
    <noscript><main><h1>Dashboard</h1><p>The dashboard needs JavaScript. Without it there is <a href="${root}/status">the status</a> of this cluster.</p></main></noscript>
  </body>
</html>
`;
  return page.html;
}
