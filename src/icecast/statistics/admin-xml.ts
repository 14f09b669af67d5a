/**
 * The answers of Icecast's administration (`/admin/stats`, `/admin/listmounts`, ...), element by
 * element as Icecast 2.4 writes them, because the tools of stations read them by name and by place.
 * Titles, names and programs come from strangers: they are escaped, and free of the characters that
 * XML 1.0 forbids.
 */
import { printable } from '../../lib/plain-text.js';
import {
  audioInfo,
  type IcecastSource,
  iso8601,
  rfc2822,
  type ServerFacts,
} from './status-json.js';

/** A source as its administrator sees it. */
export interface AdminSource extends IcecastSource {
  readonly mount: string;
  /** Null: any number. */
  readonly listenersMax: number | null;
  /** The client that sends; undefined if it is not attached here. */
  readonly client: { readonly address: string; readonly agent: string } | undefined;
  readonly slowListeners: number;
  readonly bytesRead: number;
  readonly bytesSent: number;
}

/** Counts of the whole server, for the sources that are shown. */
export interface AdminTotals {
  /** Now, at this server. */
  readonly listeners: number;
  /** All that came. */
  readonly listenerConnections: number;
  readonly sourceConnections: number;
}

/** A listener as the administrator of its mount sees it. */
export interface AdminListener {
  readonly id: number;
  /** An address, or its network. */
  readonly address: string;
  /** '' if it is not known. */
  readonly agent: string;
  readonly connectedS: number;
}

/** A document, and its media type. */
export interface AdminAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const xmlText = (text: string): string =>
  printable(text).replace(/[&<>]/g, (found) => ESCAPES[found] ?? '');

/** The value of an attribute in double quotes. */
const xmlAttribute = (text: string): string => xmlText(text).replaceAll('"', '&quot;');

type Values = Readonly<Record<string, string | number | undefined>>;

/** One element for each value that is there. */
const elements = (values: Values): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${xmlText(`${value}`)}</${name}>`)
    .join('');

const sourceElement = (mount: string, content: string): string =>
  `<source mount="${xmlAttribute(mount)}">${content}</source>`;

const xml = (status: number, root: string, content: string): AdminAnswer => ({
  status,
  type: 'text/xml; charset=utf-8',
  body: `<?xml version="1.0"?>\n<${root}>${content}</${root}>\n`,
});

const drawSource = (source: AdminSource): string =>
  sourceElement(
    source.mount,
    elements({
      ...audioInfo(source),
      genre: source.genre ?? '',
      listener_peak: source.listenersPeak,
      listeners: source.listeners,
      listenurl: source.listenUrl,
      max_listeners: source.listenersMax ?? 'unlimited',
      public: Number(source.isListed ?? false),
      server_description: source.description ?? '',
      server_name: source.name,
      server_type: 'audio/mpeg',
      server_url: source.url || undefined,
      slow_listeners: source.slowListeners,
      source_ip: source.client?.address,
      stream_start: rfc2822(source.startedAt),
      stream_start_iso8601: iso8601(source.startedAt),
      title: source.title ?? undefined,
      total_bytes_read: source.bytesRead,
      total_bytes_sent: source.bytesSent,
      user_agent: source.client?.agent || undefined,
    }),
  );

/**
 * `/admin/stats`. `file_connections`, `stats` and relays are zero because there is nothing of the
 * kind; operator and location are empty, as in status-json.ts.
 */
export function statsAnswer(
  server: ServerFacts,
  totals: AdminTotals,
  sources: readonly AdminSource[],
): AdminAnswer {
  const { listeners, listenerConnections, sourceConnections } = totals;
  const global = elements({
    admin: '',
    client_connections: listenerConnections,
    clients: listeners + sources.length,
    connections: listenerConnections + sourceConnections,
    file_connections: 0,
    host: server.host,
    listener_connections: listenerConnections,
    listeners,
    location: '',
    server_id: server.product,
    server_start: rfc2822(server.startedAt),
    server_start_iso8601: iso8601(server.startedAt),
    source_client_connections: sourceConnections,
    source_relay_connections: 0,
    source_total_connections: sourceConnections,
    sources: sources.length,
    stats: 0,
    stats_connections: 0,
  });
  return xml(200, 'icestats', `${global}${sources.map(drawSource).join('')}`);
}

/** The sources of `/admin/listmounts`; `now`: the time, ms since 1970. */
const drawMounts = (sources: readonly AdminSource[], now: number): string =>
  sources
    .map(({ mount, listeners, startedAt }) =>
      sourceElement(
        mount,
        elements({
          fallback: '',
          listeners,
          Connected: Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1000)),
          'content-type': 'audio/mpeg',
        }),
      ),
    )
    .join('');

/** `/admin/listmounts`; `now`: the time, ms since 1970. */
export const mountsAnswer = (sources: readonly AdminSource[], now: number): AdminAnswer =>
  xml(200, 'icestats', drawMounts(sources, now));

/** `/admin/moveclients` without a destination: those that listeners of `mount` could move to. */
export const destinationsAnswer = (
  mount: string,
  others: readonly AdminSource[],
  now: number,
): AdminAnswer =>
  xml(200, 'icestats', `${elements({ current_source: mount })}${drawMounts(others, now)}`);

const drawListener = ({ address, agent, connectedS, id }: AdminListener): string =>
  `<listener>${elements({
    ...{ IP: address, UserAgent: agent || undefined, Connected: connectedS, ID: id },
  })}</listener>`;

/** `/admin/listclients`; `count`: all listeners, also those that are not listed. */
export const listenersAnswer = (
  mount: string,
  count: number,
  listeners: readonly AdminListener[],
): AdminAnswer =>
  xml(
    200,
    'icestats',
    sourceElement(
      mount,
      `${elements({ Listeners: count })}${listeners.map(drawListener).join('')}`,
    ),
  );

/** The outcome of a command; 200 also for one that had no effect, as Icecast answers it. */
export const outcomeAnswer = (message: string, isDone: boolean, status = 200): AdminAnswer =>
  xml(status, 'iceresponse', elements({ message, return: Number(isDone) }));

/** A request that is wrong; the sentence is Icecast's where it has one. */
export const badRequest = (message: string): AdminAnswer => outcomeAnswer(message, false, 400);
