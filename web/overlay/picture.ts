/**
 * The overlay at one instant: which SCXs there are, their edges, who feeds whom, and what has happened
 * a moment ago. Instants are those of the recording, ms.
 */
import type { OverlayLine, ScxLine } from './record.js';

/** How long what has happened stays visible, ms. */
export const NEWS_MS = 2500;

/** A mesh edge; `a` is the smaller id. */
interface Edge {
  readonly a: string;
  readonly b: string;
  readonly rttMs: number;
  /** When it was seen first. */
  readonly since: number;
}

/** Something that has happened at an SCX. */
export interface Happening {
  readonly at: number;
  readonly id: string;
  readonly what: 'joined' | 'gone' | 'failover' | 'lost';
}

/** A source of the session. */
export interface SourceOfAll {
  readonly id: string;
  readonly scx: string;
}

export interface Picture {
  readonly scxs: ReadonlyMap<string, ScxLine>;
  apply(line: OverlayLine): void;
  edges(): readonly Edge[];
  /** The sources that SCXs know, those with the most SCXs first. */
  sources(): readonly SourceOfAll[];
  /** What happened within NEWS_MS before an instant. */
  news(at: number): readonly Happening[];
  /** Grows with each change. */
  readonly version: number;
}

const HAPPENINGS_MAX = 1000;

const keyOf = (one: string, other: string): string =>
  one < other ? `${one} ${other}` : `${other} ${one}`;

/** What has happened at an SCX between two of its lines. */
function* between(before: ScxLine | undefined, after: ScxLine): Iterable<Happening['what']> {
  if (before === undefined) yield 'joined';
  const [old, now] = [before?.sketch, after.sketch];
  if (!old || !now) return;
  if (now.failovers > old.failovers) yield 'failover';
  if (now.lost > old.lost) yield 'lost';
}

/** An overlay without SCXs. */
export function createPicture(first: readonly ScxLine[] = []): Picture {
  const scxs = new Map(first.map((line) => [line.id as string, line]));
  /** When each edge was seen first, by key. Bounded: those that are there. */
  let seen = new Map<string, number>();
  let happenings: Happening[] = [];
  let version = 0;
  let drawn: { readonly version: number; readonly edges: readonly Edge[] } | undefined;

  const note = (at: number, id: string, what: Happening['what']): void => {
    happenings.push({ at, id, what });
    if (happenings.length > HAPPENINGS_MAX) happenings = happenings.slice(HAPPENINGS_MAX / 2);
  };

  const drawEdges = (): readonly Edge[] => {
    const edges = new Map<string, Edge>();
    for (const { id, at, sketch } of scxs.values()) {
      for (const { id: other, rttMs } of sketch?.neighbours ?? []) {
        if (!scxs.has(other)) continue;
        const key = keyOf(id, other);
        const [a = '', b = ''] = key.split(' ');
        const since = Math.min(edges.get(key)?.since ?? seen.get(key) ?? at, seen.get(key) ?? at);
        edges.set(key, { a, b, rttMs, since });
      }
    }
    seen = new Map([...edges].map(([key, { since }]) => [key, since]));
    return [...edges.values()];
  };

  return {
    scxs,
    apply: (line) => {
      version++;
      if (line.kind === 'gone') {
        if (scxs.delete(line.id)) note(line.at, line.id, 'gone');
        return;
      }
      for (const what of between(scxs.get(line.id), line)) note(line.at, line.id, what);
      scxs.set(line.id, line);
    },
    edges: () => {
      if (drawn?.version !== version) drawn = { version, edges: drawEdges() };
      return drawn.edges;
    },
    sources: () => {
      const known = new Map<string, { scx: string; count: number }>();
      for (const { sketch } of scxs.values()) {
        for (const { id, scx } of sketch?.sources ?? []) {
          known.set(id, { scx, count: (known.get(id)?.count ?? 0) + 1 });
        }
      }
      return [...known]
        .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
        .map(([id, { scx }]) => ({ id, scx }));
    },
    news: (at) => happenings.filter((one) => one.at <= at && at - one.at < NEWS_MS),
    get version() {
      return version;
    },
  };
}

/** The SCX that an SCX gets a source from; undefined: it has none, or is the source's own. */
export const parentOf = ({ sketch }: ScxLine, source: string): string | undefined =>
  sketch?.sources.find(({ id }) => id === source)?.parent ?? undefined;

/** All listeners that the SCXs have told of. */
export function listenersIn({ scxs }: Pick<Picture, 'scxs'>): number {
  let sum = 0;
  for (const { sketch } of scxs.values()) sum += sketch?.listeners ?? 0;
  return sum;
}
