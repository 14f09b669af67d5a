/**
 * A receiver of a group, as a machine: it puts what comes in order, asks for what is missing, and decides
 * when the group is used. §4.1: SRM achieves "reliability in the local multicast groups between
 * multicast-capable clients and their SCXs".
 *
 *   away    It is sent everything over its own connection, and listens to the group. Once the SCX's states
 *           have come for a while it asks to be moved to the group.
 *   moving  The SCX sends the last ADUs over the connection, and tells from which places on they come by
 *           the group alone. What comes by the group is kept meanwhile.
 *   on      What is missing is asked for after a drawn time (backoff.ts), unless another receiver asks for
 *           it before; requests and repairs go to the group, so that one serves all. What does not come in
 *           time, or a group that falls silent, leads back to the connection: the SCX still has it.
 *
 * Bounded: SPAN_MAX places of each channel, KEPT_MAX while it is not on.
 */
import type { Machine } from '../lib/machine.js';
import type { Rng } from '../lib/rng.js';
import { drawBackoff } from './backoff.js';
import { type Place, RANGE_COUNT_MAX, RANGES_MAX, type Range } from './group-content.js';

export type RecoveryInput<Item> =
  /** The SCX sends by the group alone, from these places on. */
  | { readonly kind: 'begin'; readonly places: readonly Place[] }
  /** From now on everything comes over the connection. */
  | { readonly kind: 'stop' }
  | (Place & { readonly kind: 'items'; readonly items: readonly Item[] })
  /** The SCX's state came by the group. */
  | { readonly kind: 'state'; readonly receivers: number; readonly ends: readonly Place[] }
  /** The SCX has told over the connection what it has sent. */
  | { readonly kind: 'told'; readonly ends: readonly Place[] }
  /** Another receiver has asked. */
  | { readonly kind: 'asked'; readonly ranges: readonly Range[] };

export type RecoveryEffect<Item> =
  | { readonly kind: 'deliver'; readonly items: readonly Item[] }
  | { readonly kind: 'ask'; readonly ranges: readonly Range[] }
  /** Ask the SCX to be moved to the group. */
  | { readonly kind: 'join' }
  /** Ask the SCX to go on over the connection: the group is silent, or something did not come. */
  | { readonly kind: 'leave'; readonly why: 'silent' | 'lost' };

/** All guesses, in ms; silence and loss are noticed within 1 s, as a second is what may be buffered. */
const LIMITS = Object.freeze({
  /** States come every 200 ms. */
  silentMs: 700,
  /** What does not come for this long is fetched over the connection. */
  lostMs: 900,
  /** Before the group is used for the first time, and again after it has failed: longer each time. */
  settleMs: 300,
  returnMs: 1000,
  returnMsMax: 60_000,
  /** A group that was good for so long has not failed before. */
  steadyMs: 30_000,
  /** The window of requests, and the time that a repair is waited for: both grow with the distance. */
  windowMsMin: 40,
  windowMsMax: 150,
  holdMsMin: 80,
  holdMsMax: 250,
});

const SPAN_MAX = 1024;
const KEPT_MAX = 256;
/** Requests that are due within this time go together, ms. */
const TOGETHER_MS = 10;
/** Each further wait for the same place is longer by this factor. */
const LONGER = 1.5;
const NEVER = Number.POSITIVE_INFINITY;

/** A place that is missing. */
interface Hole {
  readonly since: number;
  dueAt: number;
  /** Requests that were sent or heard. */
  requests: number;
  /** When we asked first. */
  askedAt: number | undefined;
}

interface Channel<Item> {
  /** The place that is delivered next; undefined: it is not known yet. */
  next: number | undefined;
  /** Behind the last place that is known to have been sent. */
  end: number;
  readonly items: Map<number, Item>;
  readonly holes: Map<number, Hole>;
}

export type Recovery<Item> = Machine<RecoveryInput<Item>, RecoveryEffect<Item>> & {
  mode(): 'away' | 'moving' | 'on';
};

/** Places as ranges, as many as a request may have. */
function rangesOf(channel: number, places: readonly number[]): Range[] {
  const ranges: { channel: number; place: number; count: number }[] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    const isNext = last !== undefined && last.place + last.count === place;
    if (isNext && last.count < RANGE_COUNT_MAX) last.count++;
    else ranges.push({ channel, place, count: 1 });
  }
  return ranges;
}

/** Creates a receiver that is sent everything over its connection. */
export function createRecovery<Item>(rng: Rng): Recovery<Item> {
  const channels = new Map<number, Channel<Item>>();
  let mode: 'away' | 'moving' | 'on' = 'away';
  let effects: RecoveryEffect<Item>[] = [];
  let receivers = 1;
  /** Since when states have come without a longer silence. */
  let goodSince: number | undefined;
  let heardAt = 0;
  let onSince = 0;
  let settleMs: number = LIMITS.settleMs;
  let returnMs: number = LIMITS.returnMs;
  /** From our first request to the repair, smoothed, ms. */
  let distanceMs = 0;

  const windowMs = (): number =>
    Math.min(LIMITS.windowMsMax, Math.max(LIMITS.windowMsMin, 3 * distanceMs));
  const holdMs = ({ requests }: Hole): number =>
    Math.min(LIMITS.holdMsMax, Math.max(LIMITS.holdMsMin, 2 * distanceMs)) *
    LONGER ** Math.max(0, requests - 1);
  const draw = (): number => drawBackoff(rng, windowMs(), receivers);

  const channelOf = (number: number): Channel<Item> => {
    const known = channels.get(number);
    if (known !== undefined) return known;
    const created = { next: undefined, end: 0, items: new Map(), holes: new Map() };
    channels.set(number, created);
    return created;
  };

  const becomeAway = (): void => {
    mode = 'away';
    goodSince = undefined;
    for (const channel of channels.values()) {
      channel.next = undefined;
      channel.holes.clear();
    }
  };

  const leave = (why: 'silent' | 'lost', now: number): void => {
    const wasSteady = mode === 'on' && now - onSince >= LIMITS.steadyMs;
    settleMs = wasSteady ? LIMITS.returnMs : returnMs;
    returnMs = Math.min(LIMITS.returnMsMax, 2 * settleMs);
    becomeAway();
    effects.push({ kind: 'leave', why });
  };

  /** While it is not on, only what is recent is kept. */
  const keepRecent = ({ items }: Channel<Item>): void => {
    for (const place of items.keys()) {
      if (items.size <= KEPT_MAX) return;
      items.delete(place);
    }
  };

  const deliver = (channel: Channel<Item>): void => {
    const found: Item[] = [];
    while (channel.next !== undefined && channel.items.has(channel.next)) {
      found.push(channel.items.get(channel.next) as Item);
      channel.items.delete(channel.next);
      channel.next++;
    }
    if (found.length > 0) effects.push({ kind: 'deliver', items: found });
  };

  /** Everything before `end` was sent; what has not come is missing. */
  const extend = (channel: Channel<Item>, end: number, now: number): void => {
    const { next, items, holes } = channel;
    if (next === undefined) return;
    if (end - next > SPAN_MAX) return leave('lost', now);
    for (let place = Math.max(channel.end, next); place < end; place++) {
      const hole = { since: now, dueAt: now + draw(), requests: 0, askedAt: undefined };
      if (!items.has(place)) holes.set(place, hole);
    }
    channel.end = Math.max(channel.end, end);
  };

  const fill = (channel: Channel<Item>, place: number, item: Item, now: number): void => {
    if (channel.next !== undefined && place < channel.next) return;
    const hole = channel.holes.get(place);
    channel.holes.delete(place);
    if (hole?.askedAt !== undefined && hole.requests === 1) {
      distanceMs += (now - hole.askedAt - distanceMs) / 8;
    }
    channel.items.set(place, item);
  };

  const onItems = (number: number, first: number, items: readonly Item[], now: number): void => {
    const channel = channelOf(number);
    const { next } = channel;
    const isFar = next !== undefined && first + items.length - next > SPAN_MAX;
    if (isFar) return leave('lost', now);
    for (const [index, item] of items.entries()) fill(channel, first + index, item, now);
    if (mode !== 'on') return keepRecent(channel);
    extend(channel, first + items.length, now);
    deliver(channel);
  };

  const onBegin = (places: readonly Place[], now: number): void => {
    if (mode !== 'moving') return;
    mode = 'on';
    onSince = now;
    for (const { channel: number, place } of places) {
      const channel = channelOf(number);
      channel.next = place;
      channel.end = place;
      const kept = [...channel.items.keys()];
      for (const old of kept) if (old < place) channel.items.delete(old);
      deliver(channel);
      const last = Math.max(place, ...channel.items.keys());
      extend(channel, channel.items.size === 0 ? (channel.next ?? place) : last + 1, now);
    }
  };

  const onEnds = (ends: readonly Place[], now: number): void => {
    if (mode !== 'on') return;
    for (const { channel, place } of ends) {
      const known = channels.get(channel);
      if (known?.next !== undefined) extend(known, place, now);
    }
  };

  const onState = (now: number): void => {
    if (goodSince === undefined || now - heardAt > LIMITS.silentMs) goodSince = now;
    heardAt = now;
    if (mode !== 'away' || now - goodSince < settleMs) return;
    mode = 'moving';
    effects.push({ kind: 'join' });
  };

  /** Another one has asked: the repair serves us, too. */
  const onAsked = (ranges: readonly Range[], now: number): void => {
    for (const { channel, place, count } of ranges) {
      for (let index = 0; index < count; index++) {
        const hole = channels.get(channel)?.holes.get(place + index);
        if (hole === undefined) continue;
        hole.requests++;
        hole.dueAt = Math.max(hole.dueAt, now + holdMs(hole) + draw());
      }
    }
  };

  const askFor = (hole: Hole, now: number): void => {
    hole.requests++;
    hole.askedAt ??= now;
    hole.dueAt = now + holdMs(hole) + draw();
  };

  const ask = (now: number): void => {
    const all = [...channels.entries()].flatMap(([number, { holes }]) => {
      const due = [...holes].filter(([, { dueAt }]) => dueAt <= now + TOGETHER_MS);
      return rangesOf(
        number,
        due.map(([place]) => place),
      );
    });
    const ranges = all.slice(0, RANGES_MAX);
    for (const { channel, place, count } of ranges) {
      for (let index = 0; index < count; index++) {
        const hole = channels.get(channel)?.holes.get(place + index);
        if (hole !== undefined) askFor(hole, now);
      }
    }
    if (ranges.length > 0) effects.push({ kind: 'ask', ranges });
  };

  const earliest = (of: (hole: Hole) => number): number => {
    let found = NEVER;
    for (const { holes } of channels.values()) {
      for (const hole of holes.values()) found = Math.min(found, of(hole));
    }
    return found;
  };

  const silentAt = (): number => (mode === 'away' ? NEVER : heardAt + LIMITS.silentMs);
  const lostAt = (): number => earliest(({ since }) => since) + LIMITS.lostMs;
  const askAt = (): number => earliest(({ dueAt }) => dueAt);

  const taken = (): RecoveryEffect<Item>[] => {
    const found = effects;
    effects = [];
    return found;
  };

  return {
    handle: (input, now) => {
      if (input.kind === 'begin') onBegin(input.places, now);
      else if (input.kind === 'stop') becomeAway();
      else if (input.kind === 'items') onItems(input.channel, input.place, input.items, now);
      else if (input.kind === 'asked') onAsked(input.ranges, now);
      else if (input.kind === 'told') onEnds(input.ends, now);
      else {
        receivers = Math.max(1, input.receivers);
        onState(now);
        onEnds(input.ends, now);
      }
      return taken();
    },
    tick: (now) => {
      if (silentAt() <= now) leave('silent', now);
      else if (lostAt() <= now) leave('lost', now);
      else if (askAt() <= now) ask(now);
      return taken();
    },
    deadline: () => Math.min(silentAt(), lostAt(), askAt()),
    mode: () => mode,
  };
}
