/**
 * Reads from every other front end of the cluster, once a second, what it has and this one does not
 * (replica.ts). It also knows which front ends answer: of these, one does what must be done once, like
 * telling webhooks.
 *
 * Bounded: one request at a time to each front end, ANSWER_BYTES_MAX for each answer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import { FRONT_ENDS_MAX } from '../../api/swarm/scx-service.js';
import { createProvenClient, type ProvenClient } from '../../http/proven-client.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { unseal } from '../../runtime/sealed-text.js';
import { drawId } from '../../runtime/secrets.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import type { FallbackFiles } from '../fallback/fallback-files.js';
import type { ImageFinder } from '../images/image-finder.js';
import { type ReplicaHooks, replicaSchema, takeReplica } from './replica.js';
import { FRONT_END_FIELD, hashOfReplica, TIME_FIELD } from './replica-routes.js';

export interface ReplicatorOptions
  extends Omit<ReplicaHooks, 'withFallback' | 'onRefused' | 'timeMs'> {
  readonly secret: string;
  /** All front ends of the cluster, this one included. */
  frontEnds(): readonly string[];
  readonly store: AnnouncementStore;
  readonly fallbacks: Pick<FallbackFiles, 'takeOver'>;
  readonly imageFinder: Pick<ImageFinder, 'fill'>;
  readonly log: Logger;
  /** Ms, monotonic. */
  now(): number;
}

export interface Replicator {
  /** Of this front end, drawn at its start. */
  readonly id: string;
  /** Whether this front end is the one that does what must be done once. */
  leads(): boolean;
  /** How far most front ends' clocks are ahead of this one, ms; negative: behind; 0: they agree. */
  aheadMs(): number;
  close(): void;
}

/** Another front end. */
interface Peer {
  readonly ask: ProvenClient;
  id: string;
  /** Of what was read from it last. */
  hash: string;
  answeredAt: number;
  /** Its time of day beside ours, ms; undefined: not told. */
  aheadMs: number | undefined;
  isBusy: boolean;
}

const READ_MS = 1000; // guess: what is announced at one front end is known at all a moment later
const ANSWER_MS = 10_000;
const ANSWER_BYTES_MAX = 128 * 1024 * 1024; // guess: 256 announcements, sealed
/** A front end that has not answered for longer does not lead, ms. Guess. */
const AWAY_MS = 4000;

const TIME_FORM = /^\d{1,15}$/;
/** A request takes a while, and clocks differ a little. Guess. */
const OFF_MS_MIN = 5000;

const limits = { withinMs: ANSWER_MS, answerBytesMax: ANSWER_BYTES_MAX };

/** Starts to read. */
export function startReplicator(options: ReplicatorOptions): Replicator {
  const { secret, frontEnds, store, fallbacks, imageFinder, log, now } = options;
  const id = drawId();
  const peers = new Map<string, Peer>(); // bounded by FRONT_ENDS_MAX
  /** Why something of them was refused last; bounded like `peers`. */
  const told = createBoundedMap<string, string>(FRONT_ENDS_MAX);
  const startedAt = now();
  let isClosed = false;

  const aheadMs = (): number => {
    const isFresh = ({ answeredAt }: Peer): boolean => now() - answeredAt <= AWAY_MS;
    const others = [...peers.values()].filter((peer) => isFresh(peer) && peer.id !== id);
    const all = [0, ...others.flatMap((peer) => peer.aheadMs ?? [])].sort((a, b) => a - b);
    // Of two the earlier one: what is dated by it is refused nowhere.
    const median = all[Math.floor((all.length - 1) / 2)] ?? 0;
    return Math.abs(median) < OFF_MS_MIN ? 0 : median;
  };

  const refuse = (url: string, why: string): void => {
    if (told.get(url) === why) return;
    told.set(url, why);
    log.warn({ url, why }, 'what is announced at another front end is refused here');
  };

  const peerAt = (url: string): Peer => {
    const known = peers.get(url);
    if (known !== undefined) return known;
    const ask = createProvenClient(secret, true);
    // Until it has answered, or is known to be away, it may be the one that leads.
    const peer = { ask, id: '', hash: '', answeredAt: now(), isBusy: false, aheadMs: undefined };
    peers.set(url, peer);
    return peer;
  };

  const unsealed = (text: string): string => {
    const open = unseal(secret, text);
    if (open === undefined)
      throw new Error('the answer is not sealed by a front end of this cluster');
    return open;
  };

  async function* fileFrom({ ask }: Peer, url: string, file: string) {
    for (let from = 0; from <= FALLBACK_BYTES_MAX; ) {
      const at = new URL(`${url}/replica/fallbacks/${file}?from=${from}`);
      const answer = await ask({ url: at, method: 'GET', ...limits });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      const part = Buffer.from(unsealed(answer.text), 'base64');
      if (part.length === 0) return;
      yield part;
      from += part.length;
    }
  }

  const read = async (url: string, peer: Peer): Promise<void> => {
    const at = new URL(`${url}/replica?known=${peer.hash}`);
    const answer = await peer.ask({ url: at, method: 'GET', ...limits });
    if (!answer.isOurs) throw new Error(`status ${answer.status}, not by this cluster`);
    peer.id = `${answer.headers[FRONT_END_FIELD] ?? ''}`;
    peer.answeredAt = now();
    const time = `${answer.headers[TIME_FIELD] ?? ''}`;
    peer.aheadMs = TIME_FORM.test(time) ? Number(time) - steadyTimeMs() : undefined;
    if (answer.status !== 200 || peer.id === id) return;
    const json = unsealed(answer.text);
    await takeReplica(store, replicaSchema.parse(JSON.parse(json)), {
      ...options,
      timeMs: () => steadyTimeMs() + aheadMs(),
      onRefused: (why) => refuse(url, why),
      withFallback: (file, adopt) => fallbacks.takeOver(file, fileFrom(peer, url, file), adopt),
    });
    peer.hash = hashOfReplica(json);
  };

  const readFrom = async (url: string): Promise<void> => {
    const peer = peerAt(url);
    if (peer.isBusy) return;
    peer.isBusy = true;
    await read(url, peer).catch(({ message }: Error) => log.debug({ url, message }, 'no replica'));
    peer.isBusy = false;
  };

  /** Pictures of what is published: the other front ends have those that were uploaded there. */
  const fillImages = (): void => {
    for (const { announcement } of store.all()) {
      if (announcement.image !== undefined) void imageFinder.fill(announcement.image);
    }
  };

  const run = async (): Promise<void> => {
    while (!isClosed) {
      const urls = frontEnds();
      for (const url of peers.keys()) if (!urls.includes(url)) peers.delete(url);
      for (const url of urls) void readFrom(url);
      fillImages();
      await pause(READ_MS, undefined, { ref: false });
    }
  };

  void run();
  return {
    id,
    leads: () =>
      (peers.size > 0 || now() - startedAt > AWAY_MS) &&
      [...peers.values()].every((peer) => peer.id >= id || now() - peer.answeredAt > AWAY_MS),
    aheadMs,
    close: () => {
      isClosed = true;
    },
  };
}
