/**
 * The pages of an SCX besides the stream: status, metrics, health. Drawing them takes work, so a page
 * is drawn once for all that ask within FRESH_MS.
 */

import { freshFor } from '../../http/server/fresh-for.js';
import { type Answer, textAnswer, unavailable } from '../../http/server/response.js';

export interface OperatorPageOptions {
  /** The stream's path, for the answer to a wrong path. */
  readonly streamPath: string;
  /** The SCX's status, for JSON. */
  status(): unknown;
  /** The same as Icecast's status-json.xsl. */
  icestats(): unknown;
  /** Prometheus' text format, and its media type. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** New listeners are refused: the SCX is about to end. */
  isLeaving(): boolean;
  now(): number;
}

/** How long a drawn page is shown, ms. Guess: an eye does not see the difference. */
const FRESH_MS = 200;
/** Retry-After, s: when leaving, without metrics. Guesses. */
const RETRY_S = { leaving: 1, metrics: 10 } as const;

/** Answers a request for a page; `path` is undefined if it is malformed. */
export type OperatorPages = (path: string | undefined) => Promise<Answer>;

const json = (document: unknown): Answer => ({
  status: 200,
  body: `${JSON.stringify(document)}\n`,
  fields: { 'Content-Type': 'application/json; charset=utf-8' },
});

/** Creates the pages of an SCX. */
export function createOperatorPages(options: OperatorPageOptions): OperatorPages {
  const { now } = options;
  const status = freshFor(() => json(options.status()), FRESH_MS, now);
  const stats = freshFor(() => json(options.icestats()), FRESH_MS, now);
  /** The metrics library is read from the disk at the first request, which may fail; sound goes on. */
  const metrics = freshFor(() => options.metrics().catch(() => undefined), FRESH_MS, now);

  const metricsPage = async (): Promise<Answer> => {
    const drawn = await metrics();
    if (drawn === undefined) return unavailable('No metrics now.', RETRY_S.metrics);
    return { status: 200, body: drawn.text, fields: { 'Content-Type': drawn.contentType } };
  };

  return async (path) => {
    switch (path) {
      case '/status':
        return status();
      case '/status-json.xsl':
        return stats();
      case '/metrics':
        return metricsPage();
      case '/robots.txt':
        return textAnswer(200, 'User-agent: *\nDisallow: /');
      case '/healthz':
        if (options.isLeaving()) return unavailable('leaving', RETRY_S.leaving);
        return textAnswer(200, 'ok');
      default:
        return textAnswer(404, `There is nothing here: listen at ${options.streamPath}`);
    }
  };
}
