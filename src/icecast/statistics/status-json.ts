/**
 * `/status-json.xsl` as Icecast 2.4 answers it, for directories, players and scripts that read listener
 * counts and titles there. Icecast's sources are here the sessions that are on the air.
 */

/** A session that is on the air. */
export interface IcecastSource {
  readonly name: string;
  readonly description: string | null;
  readonly genre: string | null;
  readonly title: string | null;
  readonly bitrateKbps: number | null;
  /** Absent from SCXs of an older version. */
  readonly sampleRateHz?: number | null | undefined;
  /** 1 for mono, 2 for stereo; absent as well. */
  readonly audioChannels?: number | null | undefined;
  /** The station's home page. */
  readonly url?: string | null | undefined;
  readonly listeners: number;
  readonly listenersPeak: number;
  /** Directories of streams may list it; absent where that is not told. */
  readonly isListed?: boolean | undefined;
  /** The stream's URL. */
  readonly listenUrl: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The server that answers. */
export interface ServerFacts {
  readonly host: string;
  readonly product: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** `Sat, 06 Jun 2020 18:21:25 +0000`. */
export const rfc2822 = (iso: string): string => new Date(iso).toUTCString().replace('GMT', '+0000');

/** `2020-06-06T18:21:25+0000`. */
export const iso8601 = (iso: string): string =>
  new Date(iso).toISOString().replace(/\.\d+Z$/, '+0000');

/** `channels=2;samplerate=44100;bitrate=128`, as encoders tell Icecast, and the same singly. */
export function audioInfo({
  bitrateKbps,
  sampleRateHz,
  audioChannels,
}: IcecastSource): Readonly<Record<string, string | number>> {
  const known = Object.entries({
    ...{ channels: audioChannels, samplerate: sampleRateHz, bitrate: bitrateKbps },
  }).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  if (known.length === 0) return {};
  const info = known.map(([name, value]) => `${name}=${value}`).join(';');
  return { audio_info: info, ...Object.fromEntries(known) };
}

const sourceOf = (session: IcecastSource): object => ({
  ...audioInfo(session),
  genre: session.genre ?? '',
  listener_peak: session.listenersPeak,
  listeners: session.listeners,
  listenurl: session.listenUrl,
  server_description: session.description ?? '',
  server_name: session.name,
  server_type: 'audio/mpeg',
  ...(session.url ? { server_url: session.url } : {}),
  stream_start: rfc2822(session.startedAt),
  stream_start_iso8601: iso8601(session.startedAt),
  ...(session.title ? { title: session.title } : {}),
  dummy: null,
});

/** The sources: none, one, or a list, as Icecast's stylesheet writes them. */
function sources(sessions: readonly IcecastSource[]): object {
  const list = sessions.map(sourceOf);
  if (list.length === 0) return { dummy: null };
  return { source: list.length === 1 ? list[0] : list };
}

/** The document. Icecast's operator and location are empty: nothing here corresponds to them. */
export const icestats = (server: ServerFacts, sessions: readonly IcecastSource[]): object => ({
  icestats: {
    admin: '',
    host: server.host,
    location: '',
    server_id: server.product,
    server_start: rfc2822(server.startedAt),
    server_start_iso8601: iso8601(server.startedAt),
    ...sources(sessions),
  },
});
