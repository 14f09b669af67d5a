/**
 * The events of a session, derived from the status that one of its SCXs reports again and again:
 * sources come and go, the title changes, a fallback is engaged and ends. A machine without I/O;
 * webhooks.ts sends the events.
 *
 * The first status is the starting point and makes no event, so a front end that was restarted
 * repeats nothing. (Changes while it was not running make no event at all.) A source is down when
 * it has not been seen for CONFIRM_MS, because an SCX that was restarted knows no source for a
 * moment.
 */

/** The part of an SCX's status that makes events. */
export interface SessionView {
  readonly sources: readonly {
    readonly id: string;
    readonly priority: number;
    /** It sends nothing but digital silence: it counts as away. */
    readonly silent?: true | undefined;
  }[];
  /** The source that is played; null when the session is off the air. */
  readonly playing: string | null;
  readonly title: string | null;
}

/** One event. `title`: that of the source that is played, in events about what is played. */
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
  /** Takes the next status; `now` is monotonic, in ms. */
  handle(view: SessionView, now: number): readonly SessionEvent[];
}

/** Guess: by then a new SCX knows all sources. */
const CONFIRM_MS = 3000;

interface SeenSource {
  readonly priority: number;
  readonly at: number;
}

interface PlayedSource {
  readonly id: string;
  readonly priority: number;
}

interface State {
  /** The sources that are up. Bounded by an SCX's status, and by CONFIRM_MS. */
  readonly up: Map<string, SeenSource>;
  title: string | null;
  /** The source that was played last, unless the session has gone off the air since. */
  played: PlayedSource | undefined;
  /** While a fallback is played: the priority of the source that it replaces. */
  replacedPriority: number | undefined;
}

const noticeUp = ({ up }: State, { sources }: SessionView, now: number): SessionEvent[] =>
  sources.flatMap(({ id, priority, silent }) => {
    if (silent) return [];
    const isNew = !up.has(id);
    up.set(id, { priority, at: now });
    return isNew ? [{ event: 'source.up', source: id, priority, title: null }] : [];
  });

const noticeDown = ({ up }: State, now: number): SessionEvent[] =>
  [...up].flatMap(([id, { priority, at }]) => {
    if (now - at < CONFIRM_MS) return [];
    up.delete(id);
    return [{ event: 'source.down', source: id, priority, title: null }];
  });

/** Another source is played, of this priority: whether it is a fallback, or ends one. */
function noticeChange(
  state: State,
  priority: number,
): 'fallback.engaged' | 'fallback.ended' | undefined {
  const { played, replacedPriority } = state;
  if (played !== undefined && priority < played.priority) {
    state.replacedPriority = Math.max(replacedPriority ?? 0, played.priority);
    return 'fallback.engaged';
  }
  if (replacedPriority === undefined || priority < replacedPriority) return undefined;
  state.replacedPriority = undefined;
  return 'fallback.ended';
}

function noticePlaying(state: State, { playing: id, title }: SessionView): SessionEvent[] {
  const { played, up } = state;
  // A source that is withdrawn is still played for a moment.
  const priority = id === played?.id ? played?.priority : up.get(id ?? '')?.priority;
  if (id === null || priority === undefined) {
    state.played = undefined;
    return [];
  }
  const event = id === played?.id ? undefined : noticeChange(state, priority);
  state.played = { id, priority };
  return event === undefined ? [] : [{ event, source: id, priority, title }];
}

function noticeTitle(state: State, { title }: SessionView): SessionEvent[] {
  const { played } = state;
  if (played === undefined || title === null || title === state.title) return [];
  state.title = title;
  return [{ event: 'title.changed', source: played.id, priority: played.priority, title }];
}

/** Creates the event detection of a session of which nothing is known yet. */
export function createSessionEvents(): SessionEvents {
  const state: State = {
    up: new Map(),
    title: null,
    played: undefined,
    replacedPriority: undefined,
  };
  let isFirst = true;
  return {
    handle: (view, now) => {
      const events = [
        ...noticeUp(state, view, now),
        ...noticePlaying(state, view),
        ...noticeTitle(state, view),
        ...noticeDown(state, now),
      ];
      const isStart = isFirst;
      isFirst = false;
      return isStart ? [] : events;
    },
  };
}
