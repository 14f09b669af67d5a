/**
 * What is told of one session: on its page, to the script of the page, and to pages of others
 * (`GET /api/sessions/CREATOR/SESSION`, docs/http.md). Fields are only ever added.
 */
import type { SessionStatus } from '../../api/cluster-status.js';
import { imagePath } from '../../api/publishing.js';
import { listenUrl } from '../../icecast/listen-url.js';
import type { PlayedTitle } from '../../icecast/statistics/played-titles.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { renditionPath } from '../../session/renditions.js';

/** One session. Texts that nobody has given are absent. */
export interface SessionView {
  /** `creator/session`, as it stands in addresses. */
  readonly path: string;
  readonly title?: string;
  readonly description?: string;
  readonly genre?: string;
  readonly homepage?: string;
  /** The path of its picture below the root of the cluster. */
  readonly image?: string;
  /** When the oldest of what is kept was played, ISO 8601; absent: nothing is kept. */
  readonly recordedFrom?: string;
  readonly onAir: boolean;
  /** What plays now; null: nothing is known. */
  readonly playing: string | null;
  /** At this cluster. */
  readonly listeners: number;
  /** The last titles, the newest first; `at`: when it began, ISO 8601. */
  readonly titles: readonly { readonly title: string; readonly at: string }[];
  readonly urls: SessionUrls;
}

/** Absolute addresses. */
interface SessionUrls {
  /** Of its picture; absent: it has none. */
  readonly image?: string;
  readonly page: string;
  readonly embed: string;
  readonly stream: string;
  readonly hls: string;
  readonly m3u: string;
  readonly pls: string;
  readonly xspf: string;
  /** Of the stream at lower bit rates, the highest first; absent: there are none. */
  readonly renditions?: readonly RenditionUrls[];
}

/** The addresses of the stream at a lower bit rate. */
interface RenditionUrls {
  readonly kbps: number;
  readonly stream: string;
  readonly m3u: string;
}

/** What is at a session's addresses besides its stream, as far as it has that. */
interface Besides {
  readonly image?: string | undefined;
  readonly renditions?: readonly number[] | undefined;
}

/** The addresses of a session at a cluster whose own has no slash at its end. */
export function urlsOf(
  cluster: string,
  path: string,
  { image, renditions }: Besides = {},
): SessionUrls {
  const atRate = (kbps: number, ending: 'mp3' | 'm3u'): string =>
    listenUrl(cluster, renditionPath(path, kbps), ending);
  return {
    ...(image === undefined ? {} : { image: `${cluster}${imagePath(image)}` }),
    page: `${cluster}/${path}`,
    embed: `${cluster}/embed/${path}`,
    stream: listenUrl(cluster, path),
    hls: listenUrl(cluster, path, 'm3u8'),
    m3u: listenUrl(cluster, path, 'm3u'),
    pls: listenUrl(cluster, path, 'pls'),
    xspf: listenUrl(cluster, path, 'xspf'),
    ...dropAbsent({
      renditions: renditions?.map((kbps) => ({
        ...{ kbps, stream: atRate(kbps, 'mp3'), m3u: atRate(kbps, 'm3u') },
      })),
    }),
  };
}

const isWebAddress = (url: string | null | undefined): url is string =>
  /^https?:\/\//i.test(url ?? '');

/** A session as it is told to a client that reaches the cluster at this address. */
export function sessionView(
  status: SessionStatus,
  titles: readonly PlayedTitle[],
  cluster: string,
): SessionView {
  const { path, onAir, listeners } = status;
  const playing = status.scxs.find((scx) => scx.playing !== null)?.title ?? null;
  return {
    path,
    ...dropAbsent({
      title: status.title ?? undefined,
      description: status.description ?? undefined,
      genre: status.genre ?? undefined,
      homepage: isWebAddress(status.homepage) ? status.homepage : undefined,
      recordedFrom: status.scxs.find(({ recording }) => recording?.from)?.recording?.from,
      image: status.image && imagePath(status.image).slice(1),
    }),
    ...{ onAir, playing, listeners },
    titles: titles.map(({ title, at }) => ({ title, at: new Date(at).toISOString() })),
    urls: urlsOf(cluster, path, status),
  };
}
