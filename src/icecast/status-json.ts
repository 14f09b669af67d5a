/**
 * `/status-json.xsl` as Icecast 2.4 has it, for directories, players and scripts that read
 * listener counts and titles from there. A source of Icecast is a session here that is on the air.
 */

/** A session that is on the air. */
export interface OnAir {
  readonly name: string;
  readonly description: string | null;
  readonly genre: string | null;
  readonly title: string | null;
  readonly bitrateKbps: number | null;
  readonly listeners: number;
  readonly listenersPeak: number;
  /** For players. */
  readonly listenUrl: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Who tells. */
export interface ServerFacts {
  readonly host: string;
  readonly product: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** `Sat, 06 Jun 2020 18:21:25 +0000`. */
const rfc2822 = (iso: string): string => new Date(iso).toUTCString().replace('GMT', '+0000');

/** `2020-06-06T18:21:25+0000`. */
const iso8601 = (iso: string): string => new Date(iso).toISOString().replace(/\.\d+Z$/, '+0000');

const sourceOf = (session: OnAir): object => ({
  ...(session.bitrateKbps ? { bitrate: session.bitrateKbps } : {}),
  genre: session.genre ?? '',
  listener_peak: session.listenersPeak,
  listeners: session.listeners,
  listenurl: session.listenUrl,
  server_description: session.description ?? '',
  server_name: session.name,
  server_type: 'audio/mpeg',
  stream_start: rfc2822(session.startedAt),
  stream_start_iso8601: iso8601(session.startedAt),
  ...(session.title ? { title: session.title } : {}),
  dummy: null,
});

/** The sources: none, one, or a list, as Icecast's stylesheet makes it. */
function sources(sessions: readonly OnAir[]): object {
  const list = sessions.map(sourceOf);
  if (list.length === 0) return { dummy: null };
  return { source: list.length === 1 ? list[0] : list };
}

/** The document. Icecast's operator and place are not known here, and empty. */
export const icestats = (teller: ServerFacts, sessions: readonly OnAir[]): object => ({
  icestats: {
    admin: '',
    host: teller.host,
    location: '',
    server_id: teller.product,
    server_start: rfc2822(teller.startedAt),
    server_start_iso8601: iso8601(teller.startedAt),
    ...sources(sessions),
  },
});
