/**
 * What an SCX tells besides the stream: status, metrics, health. Drawing them takes work, so what
 * was drawn is good for a moment: whoever asks all the time gets the same again.
 */

import { freshFor } from '../../http/server/fresh-for.js';
import { type Answer, textAnswer, unavailable } from '../../http/server/response.js';

export interface OperatorPageOptions {
  /** The stream's path, for who is lost. */
  readonly streamPath: string;
  /** The SCX's status, for JSON. */
  status(): unknown;
  /** The same as Icecast tells it. */
  icestats(): unknown;
  /** Prometheus' text format, and its media type. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Newcomers are turned away: the SCX is about to end. */
  isLeaving(): boolean;
  now(): number;
}

/** What was drawn is shown for so long, ms. Guess: an eye does not see the difference. */
const FRESH_MS = 200;
/** "Come back", s: when leaving, without metrics. Guesses. */
const RETRY_S = { leaving: 1, metrics: 10 } as const;

/** Answers the pages. */
export type OperatorPages = (path: string | undefined) => Promise<Answer>;

const json = (document: unknown): Answer => ({
  status: 200,
  body: `${JSON.stringify(document)}\n`,
  fields: { 'Content-Type': 'application/json; charset=utf-8' },
});

/** The pages of these sources. */
export function createOperatorPages(sources: OperatorPageOptions): OperatorPages {
  const { now } = sources;
  const status = freshFor(() => json(sources.status()), FRESH_MS, now);
  const stats = freshFor(() => json(sources.icestats()), FRESH_MS, now);
  /** Its library is read from the disk when it is first asked for, which may fail; sound goes on. */
  const metrics = freshFor(() => sources.metrics().catch(() => undefined), FRESH_MS, now);

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
      case '/healthz':
        return sources.isLeaving()
          ? unavailable('leaving', RETRY_S.leaving)
          : textAnswer(200, 'ok');
      default:
        return textAnswer(404, `There is nothing here: listen at ${sources.streamPath}`);
    }
  };
}
