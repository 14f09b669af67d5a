/**
 * SHOUTcast's pages of more than one stream and for administrators, as version 2 writes them:
 * `/statistics`, and `/admin.cgi?mode=viewxml` (or `viewjson`), whose parts are numbered pages.
 */
import type { AdminAnswer, AdminListener } from './admin-xml.js';
import { drawHistory, type PlayedTitle, titleFields } from './played-titles.js';
import { drawFields, fieldsOf, type ShoutcastStream, shoutcastXml } from './shoutcast-status.js';

/** A stream as its administrator sees it. */
export interface ShoutcastView {
  /** Undefined: off the air. */
  readonly stream: ShoutcastStream | undefined;
  /** `Scattercast 1.0.0`. */
  readonly version: string;
  /** Listeners that ever came. */
  readonly hits: number;
  /** The IP address of the source's client; undefined if it is not attached here. */
  readonly sourceAddress: string | undefined;
  readonly listeners: readonly AdminListener[];
  /** The newest first. */
  readonly titles: readonly PlayedTitle[];
  /** The time, ms since 1970. */
  readonly now: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const secondsSince = (iso: string, now: number): number =>
  Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));

function summaryOf(view: ShoutcastView) {
  const { stream, now } = view;
  return {
    ...fieldsOf(stream),
    streamhits: view.hits,
    ...(view.sourceAddress ? { streamsource: view.sourceAddress } : {}),
    ...(stream ? { streamuptime: secondsSince(stream.startedAt, now) } : {}),
    version: view.version,
  };
}

const listenerFields = ({ address, agent, connectedS, id }: AdminListener) => ({
  ...{ hostname: address, useragent: agent || 'EMPTY', connecttime: connectedS, uid: id },
});

/** Which parts a page has: 1 summary, 3 listeners, 4 history; any other number all. */
const has = (page: string, part: string): boolean => page === part || !/^[134]$/.test(page);

/** `/admin.cgi?mode=viewxml&page=N`. */
export function viewXml(view: ShoutcastView, page: string): AdminAnswer {
  const listeners = view.listeners
    .map((one) => `<LISTENER>${drawFields(listenerFields(one))}</LISTENER>`)
    .join('');
  const body = [
    has(page, '1') ? drawFields(summaryOf(view)) : '',
    has(page, '3') ? `<LISTENERS>${listeners}</LISTENERS>` : '',
    has(page, '4') ? drawHistory(view.titles) : '',
  ];
  return { status: 200, type: 'text/xml; charset=utf-8', body: shoutcastXml(body.join('')) };
}

/** `/admin.cgi?mode=viewjson&page=N`. */
export function viewJson(view: ShoutcastView, page: string): AdminAnswer {
  const document = {
    ...(has(page, '1') ? summaryOf(view) : {}),
    ...(has(page, '3') ? { listeners: view.listeners.map(listenerFields) } : {}),
    ...(has(page, '4') ? { songs: view.titles.map(titleFields) } : {}),
  };
  const type = 'application/json; charset=utf-8';
  return { status: 200, type, body: JSON.stringify(document) };
}

/** A stream and its number, from 1 on. */
export interface NumberedStream {
  readonly number: number;
  readonly stream: ShoutcastStream;
}

function totalsOf(total: number, streams: readonly NumberedStream[], version: string) {
  const add = (name: 'listeners' | 'listenersPeak' | 'listenersMax'): number =>
    sum(streams.map(({ stream }) => stream[name]));
  return {
    totalstreams: total,
    activestreams: streams.length,
    currentlisteners: add('listeners'),
    peaklisteners: add('listenersPeak'),
    maxlisteners: add('listenersMax'),
    version,
  };
}

/** `/statistics`: `streams` are on the air, of `total` that there are. */
export function statisticsXml(
  total: number,
  streams: readonly NumberedStream[],
  version: string,
): string {
  const each = streams.map(
    ({ number, stream }) => `<STREAM id="${number}">${drawFields(fieldsOf(stream))}</STREAM>`,
  );
  const totals = drawFields(totalsOf(total, streams, version));
  return shoutcastXml(`<STREAMSTATS>${totals}${each.join('')}</STREAMSTATS>`);
}

/** `/statistics?json=1`, for JSON. */
export const statisticsJson = (
  total: number,
  streams: readonly NumberedStream[],
  version: string,
): object => ({
  ...totalsOf(total, streams, version),
  streams: streams.map(({ number, stream }) => ({ id: number, ...fieldsOf(stream) })),
});
