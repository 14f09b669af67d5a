/**
 * `/status-json.xsl` as Icecast 2.4 has it, for directories, players and scripts that read
 * listener counts and titles from there. A source of Icecast is a session here that is on the air.
 */
import type { ClusterStatus } from './cluster-status.js';

type SessionStatus = ClusterStatus['sessions'][number];

/** `Sat, 06 Jun 2020 18:21:25 +0000`. */
const rfc2822 = (iso: string): string => new Date(iso).toUTCString().replace('GMT', '+0000');

/** `2020-06-06T18:21:25+0000`. */
const iso8601 = (iso: string): string => new Date(iso).toISOString().replace(/\.\d+Z$/, '+0000');

function sourceOf(session: SessionStatus): object {
  const playing = session.scxs.find((scx) => scx.playing !== null);
  const started = session.scxs.map((scx) => scx.startedAt).sort()[0] ?? '';
  return {
    ...(playing?.bitrateKbps ? { bitrate: playing.bitrateKbps } : {}),
    genre: session.genre ?? '',
    listener_peak: session.listenersPeak,
    listeners: session.listeners,
    listenurl: session.listenUrl,
    server_description: session.description ?? '',
    server_name: session.title ?? session.path,
    server_type: 'audio/mpeg',
    stream_start: rfc2822(started),
    stream_start_iso8601: iso8601(started),
    ...(playing?.title ? { title: playing.title } : {}),
    dummy: null,
  };
}

/** The sources: none, one, or a list, as Icecast's stylesheet makes it. */
function sources(sessions: readonly SessionStatus[]): object {
  const list = sessions.filter(({ onAir }) => onAir).map(sourceOf);
  if (list.length === 0) return { dummy: null };
  return { source: list.length === 1 ? list[0] : list };
}

/** The document. Icecast's operator and place are not known here, and empty. */
export function icestats({ cluster, sessions }: ClusterStatus): object {
  return {
    icestats: {
      admin: '',
      host: new URL(cluster.url).hostname,
      location: '',
      server_id: `Scattercast ${cluster.version}`,
      server_start: rfc2822(cluster.startedAt),
      server_start_iso8601: iso8601(cluster.startedAt),
      ...sources(sessions),
    },
  };
}
