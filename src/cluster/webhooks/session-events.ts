/**
 * What a station wants to hear of its session, derived from what one SCX tells of it again and
 * again: sources come and go, the title changes, a fallback fills in and is relieved. A machine
 * without I/O; webhooks.ts sends what it says.
 *
 * The first view says how things stand, and is no news: so a front end that was restarted repeats
 * nothing. (What changed while it was away, nobody hears of.) A source is down when it has not been
 * seen for CONFIRM_MS, because an SCX that was restarted sees none for a moment.
 */

/** An SCX's status, as far as it matters here. */
export interface SessionView {
  readonly sources: readonly { readonly id: string; readonly priority: number }[];
  /** The source that is played; null when the session is off the air. */
  readonly playing: string | null;
  readonly title: string | null;
}

/** One piece of news. `title`: of what is played, where that is what it is about. */
interface SessionEvent {
  readonly event:
    | 'source.up'
    | 'source.down'
    | 'title.changed'
    | 'fallback.engaged'
    | 'fallback.ended';
  readonly source: string;
  readonly priority: number;
  readonly title: string | null;
}

export interface SessionEvents {
  /** Takes the next view; `now` in ms that only grow. */
  handle(view: SessionView, now: number): readonly SessionEvent[];
}

/** Guess: a new SCX has heard of all sources by then. */
const CONFIRM_MS = 3000;

interface Seen {
  priority: number;
  at: number;
}

/** Nothing is known of the session yet. */
export function createSessionEvents(): SessionEvents {
  /** The sources that are up. Bounded by an SCX's status, and by CONFIRM_MS. */
  const up = new Map<string, Seen>();
  let isFirst = true;
  let title: string | null = null;
  /** What was played last, unless the session went off the air since. */
  let played: { readonly id: string; readonly priority: number } | undefined;
  /** The priority of what a fallback plays instead of. */
  let fallenFrom: number | undefined;

  const noticeUp = ({ sources }: SessionView, now: number): SessionEvent[] =>
    sources.flatMap(({ id, priority }) => {
      const isNew = !up.has(id);
      up.set(id, { priority, at: now });
      return isNew ? [{ event: 'source.up', source: id, priority, title: null }] : [];
    });

  const noticeDown = (now: number): SessionEvent[] =>
    [...up].flatMap(([id, { priority, at }]) => {
      if (now - at < CONFIRM_MS) return [];
      up.delete(id);
      return [{ event: 'source.down', source: id, priority, title: null }];
    });

  /** Which way it went, when another source is played. */
  const fallback = (priority: number): 'fallback.engaged' | 'fallback.ended' | undefined => {
    if (played !== undefined && priority < played.priority) {
      fallenFrom = Math.max(fallenFrom ?? 0, played.priority);
      return 'fallback.engaged';
    }
    if (fallenFrom === undefined || priority < fallenFrom) return undefined;
    fallenFrom = undefined;
    return 'fallback.ended';
  };

  const noticePlaying = (view: SessionView): SessionEvent[] => {
    const id = view.playing;
    // A source that is withdrawn is still played for a moment.
    const priority = id === played?.id ? played?.priority : up.get(id ?? '')?.priority;
    if (id === null || priority === undefined) {
      played = undefined;
      return [];
    }
    const event = id === played?.id ? undefined : fallback(priority);
    played = { id, priority };
    return event === undefined ? [] : [{ event, source: id, priority, title: view.title }];
  };

  const noticeTitle = (view: SessionView): SessionEvent[] => {
    if (played === undefined || view.title === null || view.title === title) return [];
    title = view.title;
    return [{ event: 'title.changed', source: played.id, priority: played.priority, title }];
  };

  return {
    handle: (view, now) => {
      const news = [
        ...noticeUp(view, now),
        ...noticePlaying(view),
        ...noticeTitle(view),
        ...noticeDown(now),
      ];
      const isNews = !isFirst;
      isFirst = false;
      return isNews ? news : [];
    },
  };
}
