/**
 * Watches the SCXs of the session, for the operator of our cluster: where they lie, their mesh edges,
 * parents and listeners. Which SCXs there are we know by gossip (§3.3); what each of them does it tells
 * us itself, over a connection that it sends its sketch on. So a picture of the whole overlay needs
 * nothing from the protocol, no SCX can speak for another, and it costs nothing while nobody looks.
 *
 * The death of an SCX is seen by the end of its connection. An SCX that refuses us, for example one of an
 * older version, is shown as far as gossip goes.
 *
 * Bounded: watchedMax SCXs and connections, of which OPENING_MAX are being opened.
 */

import type { Sighting } from '../../gossamer/core/message.js';
import type { Coordinates, Member, NodeId } from '../../gossamer/core/node.js';
import { placeOf, type Sketch, type SketchPlace } from '../../gossamer/sketch.js';
import { type WatchHello, WIRE_VERSION } from '../../wire/hello.js';
import type { CloseCause, Connection } from '../sockets/connection.js';
import type { OverlayContext } from '../sockets/context.js';
import type { OwnSketch } from './own-sketch.js';

/** What is seen of one SCX. */
export type Seen =
  | {
      readonly kind: 'scx';
      readonly member: Member;
      /** As gossip has it; the sketch may have a newer one. */
      readonly place: SketchPlace | null;
      /** Null while it has not told us anything. */
      readonly sketch: Sketch | null;
    }
  | {
      readonly kind: 'gone';
      readonly id: NodeId;
      /** `closed`: its connection ended; `forgotten`: gossip knows it no more. */
      readonly reason: 'closed' | 'forgotten';
    };

export interface Watching {
  /** Tells what is there now and whatever changes, until the returned function is called. */
  subscribe(onSeen: (seen: Seen) => void): () => void;
  close(): void;
}

/** Interval at which new members are looked for, ms. */
const LOOK_MS = 250;
/** TLS handshakes at a time: each takes some ms of processor time, and the audio goes first. */
const OPENING_MAX = 4;
/** The wait after an attempt that failed, ms; it doubles. */
const RETRY_MS = { first: 1000, most: 30_000 };
/** An SCX that has told nothing for this long hangs, or its machine is gone, ms: three refreshes. */
const SILENCE_MS = 16_000;

interface Watched {
  sighting: Sighting;
  sketch: Sketch | null;
  connection: Connection | undefined;
  isOpen: boolean;
  /** Whether the map shows it: not after its end, until it tells something again. */
  isShown: boolean;
  heardAt: number;
  retryAt: number;
  retryMs: number;
}

interface State {
  readonly context: OverlayContext;
  readonly own: OwnSketch;
  sightings(): readonly Sighting[];
  readonly watched: Map<NodeId, Watched>;
  readonly subscribers: Set<(seen: Seen) => void>;
  ownSketch: Sketch | null;
  opening: number;
  timer: NodeJS.Timeout | undefined;
  endOwn: (() => void) | undefined;
}

const isSamePlace = (a: Coordinates, b: Coordinates): boolean =>
  JSON.stringify(placeOf(a)) === JSON.stringify(placeOf(b));

const watchHello = ({ session, self, membership }: OverlayContext): WatchHello => ({
  version: WIRE_VERSION,
  session,
  purpose: 'watch',
  ...membership.own,
  ...self(),
});

function tell({ subscribers }: State, seen: Seen): void {
  for (const onSeen of [...subscribers]) onSeen(seen);
}

const seenOf = ({ sighting, sketch }: Watched): Seen => ({
  kind: 'scx',
  member: sighting.member,
  place: placeOf(sighting.place),
  sketch,
});

const ownSeen = ({ context, ownSketch }: State): Seen => ({
  kind: 'scx',
  member: context.self(),
  place: ownSketch?.place ?? null,
  sketch: ownSketch,
});

function rest(watched: Watched): void {
  watched.retryAt = performance.now() + watched.retryMs;
  watched.retryMs = Math.min(watched.retryMs * 2, RETRY_MS.most);
}

function handleSketch(state: State, watched: Watched, sketch: Sketch): void {
  watched.heardAt = performance.now();
  watched.retryMs = RETRY_MS.first;
  watched.sketch = sketch;
  watched.isShown = true;
  tell(state, seenOf(watched));
}

/** The SCX is gone, unless it is back with the next attempt. */
function onClose(state: State, watched: Watched): void {
  watched.connection = undefined;
  watched.isOpen = false;
  rest(watched);
  watched.sketch = null;
  if (!watched.isShown) return;
  watched.isShown = false;
  tell(state, { kind: 'gone', id: watched.sighting.member.id, reason: 'closed' });
}

function becomeOpen(state: State, watched: Watched, connection: Connection): void {
  watched.isOpen = true;
  watched.heardAt = performance.now();
  connection.handTo(
    {
      onArrival: (event) => {
        if (event.kind === 'sketch') handleSketch(state, watched, event.sketch);
        else connection.reject('unexpected', `${event.kind} from a watched SCX`);
      },
      onDrain: () => {},
      onClose: () => onClose(state, watched),
    },
    'control',
  );
}

function open(state: State, watched: Watched): void {
  const { context } = state;
  const { member } = watched.sighting;
  let isOpening = true;
  const opened = (): void => {
    if (isOpening) state.opening--;
    isOpening = false;
  };
  state.opening++;
  watched.connection = context.connections.open({
    to: member.address,
    hello: watchHello(context),
    onOpen: (connection, answer) => {
      opened();
      if (state.watched.get(answer.id) !== watched) return leave(watched, connection);
      becomeOpen(state, watched, connection);
    },
    onFailed: (cause: CloseCause) => {
      opened();
      watched.connection = undefined;
      if (cause === 'refused' || cause === 'malformed') watched.retryMs = RETRY_MS.most;
      rest(watched);
    },
  });
}

/** Another SCX answers at that address, or it is not watched any more. */
function leave(watched: Watched, connection: Connection): void {
  connection.destroy();
  watched.connection = undefined;
  rest(watched);
}

function notice(state: State, sighting: Sighting): void {
  const { watched, context } = state;
  const { id } = sighting.member;
  const known = watched.get(id);
  if (known === undefined) {
    if (watched.size >= context.limits.watchedMax) return;
    const found: Watched = {
      ...{ sighting, sketch: null, connection: undefined, isOpen: false, isShown: true },
      ...{ heardAt: 0, retryAt: 0, retryMs: RETRY_MS.first },
    };
    watched.set(id, found);
    return tell(state, seenOf(found));
  }
  const isHearsay = known.sketch === null && known.isShown;
  const hasMoved = isHearsay && !isSamePlace(known.sighting.place, sighting.place);
  known.sighting = sighting;
  if (hasMoved) tell(state, seenOf(known));
}

function forget(state: State, id: NodeId, { connection, isOpen, isShown }: Watched): void {
  state.watched.delete(id);
  if (isOpen) connection?.destroy();
  if (isShown) tell(state, { kind: 'gone', id, reason: 'forgotten' });
}

function attend(state: State, watched: Watched, now: number): void {
  const { isOpen, connection, heardAt, retryAt } = watched;
  if (isOpen && now - heardAt > SILENCE_MS) return connection?.fail('lost', 'no sketch in time');
  const mayOpen = connection === undefined && now >= retryAt && state.opening < OPENING_MAX;
  if (mayOpen) open(state, watched);
}

function look(state: State): void {
  const now = performance.now();
  const present = new Set<NodeId>();
  for (const sighting of state.sightings()) {
    present.add(sighting.member.id);
    notice(state, sighting);
  }
  for (const [id, watched] of [...state.watched]) {
    if (present.has(id)) attend(state, watched, now);
    else forget(state, id, watched);
  }
}

function start(state: State): void {
  state.endOwn = state.own.subscribe((sketch) => {
    state.ownSketch = sketch;
    tell(state, ownSeen(state));
  });
  state.timer = setInterval(() => look(state), LOOK_MS);
  look(state);
}

function stop(state: State): void {
  clearInterval(state.timer);
  state.endOwn?.();
  state.timer = undefined;
  state.endOwn = undefined;
  for (const { connection, isOpen } of state.watched.values()) if (isOpen) connection?.destroy();
  state.watched.clear();
}

/** Creates a watch that rests until somebody subscribes. */
export function createWatching(
  context: OverlayContext,
  own: OwnSketch,
  sightings: () => readonly Sighting[],
): Watching {
  const state: State = {
    ...{ context, own, sightings, watched: new Map(), subscribers: new Set() },
    ...{ ownSketch: null, opening: 0, timer: undefined, endOwn: undefined },
  };
  return {
    subscribe: (onSeen) => {
      const take = (seen: Seen): void => onSeen(seen);
      if (state.timer === undefined) {
        state.subscribers.add(take);
        start(state);
      } else {
        take(ownSeen(state));
        for (const watched of state.watched.values()) if (watched.isShown) take(seenOf(watched));
        state.subscribers.add(take);
      }
      return () => {
        state.subscribers.delete(take);
        if (state.subscribers.size === 0) stop(state);
      };
    },
    close: () => stop(state),
  };
}
