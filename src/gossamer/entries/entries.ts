/**
 * Beyond the paper's protocol, for its §2.2: "Scattercast sessions can be advertised either on the
 * web or using a special well-known scattercast session in a manner similar to the Session
 * Announcement Protocol". In such a session every SCX is a sender, of few and small entries that all
 * others are to have. Trees for each source do not fit: a thousand sources would be a thousand
 * routes and trees, and a newcomer would hear nothing of what was said before. So entries travel over
 * the control connections of the mesh:
 *
 * - news is passed on at once over one tree that all authors share (entry-push.ts);
 * - neighbours compare what they have, when an edge begins and now and then
 *   (entry-comparison.ts), and ask for what they lack (entry-requests.ts).
 *
 * An entry is verified before it is kept or passed on (entry-admission.ts). A neighbour that sends a
 * forged one is left.
 */
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { createTimers } from '../../lib/timers.js';
import { type ClockedContext, jittered, notify, send } from '../core/context.js';
import { type Entry, type EntryStamp, stampOf } from '../core/entry.js';
import type { EntryMessage } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';
import { createEntryAdmission, type EntryRules } from './entry-admission.js';
import { createEntryComparison } from './entry-comparison.js';
import { createEntryPush, ENTRIES_PER_MESSAGE, inParts } from './entry-push.js';
import { createEntryRequests } from './entry-requests.js';
import { createEntryTable, ENTRIES_MAX } from './entry-table.js';

/** What was issued within this time is news, and is passed on even if it had to be asked for, ms. */
const NEWS_MS = 60_000;

/** Interval between comparisons, each with one neighbour, ms. Guess. */
const COMPARE_MS = 30_000;

/** How long stamps for lazy neighbours wait for others, ms. Guess. */
const TELL_MS = 50;
/** How long a lazy neighbour waits for an entry before it asks for it, ms. Guess. */
const LAZY_MS = 150;

/** Interval at which open requests are looked at, ms. */
const ASK_MS = 250;

const SWEEP_MS = 10_000;

/** Entries that one neighbour is sent on request at once, and in the long run, ms each. Guess. */
const SERVED_MAX = ENTRIES_MAX;
const SERVED_MS = 5;

export interface Entries {
  /** The number of entries that are kept. */
  size(): number;
  all(): Iterable<Entry>;
  start(now: number): void;
  stop(): void;
  onEdgeUp(member: Member): void;
  onEdgeDown(id: NodeId): void;
  /** Entries of our own, which the environment has signed. */
  publish(entries: readonly Entry[], now: number): void;
  /** A message of a neighbour. */
  handle(from: Member, message: EntryMessage, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

export interface EntriesFacts {
  /** The neighbour has sent an entry that its author has not signed. */
  onForged(from: Member, now: number): void;
}

type OfKind<Kind> = Extract<EntryMessage, { readonly kind: Kind }>;

interface Neighbour {
  readonly member: Member;
  /** What it may ask for. */
  readonly served: TokenBucket;
}

/** The rule of sessions without entries. */
const NONE: Entries = {
  size: () => 0,
  all: () => [],
  start: () => {},
  stop: () => {},
  onEdgeUp: () => {},
  onEdgeDown: () => {},
  publish: () => {},
  handle: () => {},
  tick: () => {},
  deadline: () => Number.POSITIVE_INFINITY,
};

/** Creates the rule; `rules` is undefined in sessions without entries. */
export function createEntries(
  context: ClockedContext,
  rules: EntryRules | undefined,
  facts: EntriesFacts,
): Entries {
  if (rules === undefined) return NONE;
  const timers = createTimers<'compare' | 'tell' | 'ask' | 'sweep'>(context.wakeBy);
  const table = createEntryTable();
  const admission = createEntryAdmission(table, rules);
  const push = createEntryPush(context);
  const requests = createEntryRequests();
  const comparison = createEntryComparison(context, table);
  const neighbours = new Map<NodeId, Neighbour>();
  /** We have got what our other neighbours may lack, too. */
  let hasCaughtUp = false;

  const ask = (holder: Member, now: number): void => {
    const ids = requests.take(holder.id, now);
    if (ids.length > 0) send(context, holder.address, { kind: 'entryWants', ids });
    if (!requests.isEmpty()) timers.setSooner('ask', now + ASK_MS);
  };

  /** Wishes for what a neighbour names and we lack. */
  const wish = (from: Member, stamps: readonly EntryStamp[], delayMs: number, now: number) => {
    const wanted = stamps.filter(admission.isWanted);
    for (const stamp of wanted) requests.offer(from.id, stamp, now + delayMs);
    ask(from, now);
  };

  const passOn = (entries: readonly Entry[], from: NodeId | undefined, now: number): void => {
    for (const entry of entries) notify(context, { kind: 'entry', entry });
    push.passOn(entries, from);
    if (push.hasStamps()) timers.setSooner('tell', now + TELL_MS);
  };

  /** After entries that were missed: our other neighbours may lack them, too. */
  const compareIfCaughtUp = (): void => {
    if (!hasCaughtUp || !requests.isEmpty()) return;
    hasCaughtUp = false;
    comparison.beginAll();
  };

  const isRecent = ({ issuedMs }: Entry): boolean => issuedMs > rules.timeMs() - NEWS_MS;

  const takeMissed = (from: Member, entry: Entry, now: number): void => {
    if (isRecent(entry)) {
      push.become(from.id, true);
      return passOn([entry], from.id, now);
    }
    notify(context, { kind: 'entry', entry });
    hasCaughtUp = true;
  };

  const takeEntries = (from: Member, { entries, isNews }: OfKind<'entries'>, now: number): void => {
    const news: Entry[] = [];
    for (const entry of entries) {
      const wasAsked = requests.settle(from.id, stampOf(entry));
      const verdict = admission.judge(from.id, entry, wasAsked, now);
      if (verdict === 'forged') return facts.onForged(from, now);
      if (verdict === 'later') requests.offer(from.id, stampOf(entry), now + LAZY_MS);
      if (verdict === 'known' && isNews) push.become(from.id, false);
      if (verdict !== 'new') continue;
      if (isNews) news.push(entry);
      else takeMissed(from, entry, now);
    }
    if (news.length > 0) passOn(news, from.id, now);
    ask(from, now);
    compareIfCaughtUp();
  };

  const serve = (from: Member, { ids }: OfKind<'entryWants'>, now: number): void => {
    const served = neighbours.get(from.id)?.served;
    const entries = ids.flatMap((id) => {
      const entry = table.get(id);
      return entry !== undefined && served?.take(now) === true ? [entry] : [];
    });
    for (const part of inParts(entries, ENTRIES_PER_MESSAGE)) {
      send(context, from.address, { kind: 'entries', isNews: false, entries: part });
    }
  };

  const run = (timer: 'compare' | 'tell' | 'ask' | 'sweep', now: number): void => {
    if (timer === 'tell') return push.tellLazy();
    if (timer === 'ask') {
      for (const { member } of neighbours.values()) ask(member, now);
      return compareIfCaughtUp();
    }
    if (timer === 'compare') {
      timers.set('compare', now + jittered(context, COMPARE_MS));
      return comparison.beginAny();
    }
    timers.set('sweep', now + SWEEP_MS);
    table.expire(rules.timeMs());
  };

  return {
    size() {
      return table.size();
    },
    all: table.all,
    start: (now) => {
      timers.set('compare', now + jittered(context, COMPARE_MS));
      timers.set('sweep', now + SWEEP_MS);
    },
    stop: () => {
      for (const timer of ['compare', 'tell', 'ask', 'sweep'] as const) timers.clear(timer);
    },
    onEdgeUp: (member) => {
      neighbours.set(member.id, { member, served: createTokenBucket(SERVED_MAX, SERVED_MS) });
      for (const part of [admission, push, comparison]) part.onEdgeUp(member);
      comparison.begin(member.id);
    },
    onEdgeDown: (id) => {
      neighbours.delete(id);
      for (const part of [admission, push, comparison]) part.onEdgeDown(id);
      requests.forget(id);
    },
    publish: (entries, now) => {
      const news = entries.filter((entry) => table.wants(stampOf(entry)) && table.put(entry));
      if (news.length > 0) passOn(news, undefined, now);
    },
    handle: (from, message, now) => {
      switch (message.kind) {
        case 'entries':
          return takeEntries(from, message, now);
        case 'entryNews':
          return wish(from, message.stamps, LAZY_MS, now);
        case 'entryEager':
          return push.onTold(from.id, message.isEager);
        case 'entryDigest':
          return comparison.handleDigest(from, message, now);
        case 'entryHaves':
          wish(from, message.stamps, 0, now);
          return comparison.handleQuestion(from, message, now);
        case 'entryWants':
          return serve(from, message, now);
      }
    },
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        run(due, now);
      }
    },
    deadline() {
      return timers.next();
    },
  };
}
