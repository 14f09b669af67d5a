/** What the dashboard asks the cluster for, besides its events. */
import type { HistoryChart } from '../../src/api/dashboard/history-rows.js';

export type Range = 'hour' | 'day' | 'week' | 'month';
export type By = 'session' | 'country' | 'cluster' | 'machine';

/** An answer, or why there is none. */
export type Answer<Value> =
  | { readonly kind: 'good'; readonly value: Value }
  | { readonly kind: 'bad'; readonly reason: string };

const ANSWER_MS = 30_000;

async function ask<Value>(
  url: string,
  token: string | undefined,
  read: (response: Response) => Promise<Value>,
): Promise<Answer<Value>> {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.ok) return { kind: 'good', value: await read(response) };
    return { kind: 'bad', reason: (await response.text()).trim().slice(0, 300) };
  } catch {
    return { kind: 'bad', reason: 'The cluster does not answer.' };
  }
}

/** What a chart shows. */
export const askChart = (
  root: string,
  token: string | undefined,
  range: Range,
  by: By,
): Promise<Answer<HistoryChart>> =>
  ask(`${root}/api/dashboard/history?${new URLSearchParams({ range, by })}`, token, (response) =>
    response.json(),
  );

/** The name in a Content-Disposition header. */
const nameIn = (response: Response): string =>
  /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ??
  'listening.csv';

/** Listening as CSV. */
export const askCsv = (
  root: string,
  token: string | undefined,
  fields: Readonly<Record<string, string>>,
): Promise<Answer<{ readonly name: string; readonly file: Blob }>> =>
  ask(`${root}/api/history.csv?${new URLSearchParams(fields)}`, token, async (response) => ({
    name: nameIn(response),
    file: await response.blob(),
  }));
