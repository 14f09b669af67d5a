/**
 * SCXs that lie: they have joined with valid ids, run the production machine, and take part, but
 * what they say is altered on its way out. They cannot forge what is signed: ADUs, the sources'
 * statements of where they are attached, and what a node says of itself in the name of another one
 * (its leave, its heartbeat, that it is alive).
 *
 * All of them claim to be next to every source, and to gain and serve more than anybody, so that
 * edges and routes lead to them. In what they do then they differ: see Manner.
 */
import type { Effect } from '../../gossamer/core/effects.js';
import type { EdgeOffer, LeftParent, Message, Notice, Route } from '../../gossamer/core/message.js';
import type { Address, Adu, Member, NodeId } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import type { Liar, World } from '../world/world.js';

export const MANNERS = ['silent', 'half', 'late', 'titles', 'floods', 'accuses'] as const;

/** The way in which an SCX lies. */
export type Manner =
  /** It forwards nothing, heartbeats and notices included, ... */
  | 'silent'
  /** ... every second ADU, ... */
  | 'half'
  /** ... or each ADU 5 s later. */
  | 'late'
  /** It forwards the first channel only. */
  | 'titles'
  /** It forwards everything, and sends as many invented facts as it can. */
  | 'floods'
  /** It forwards everything, and reports the death of all others again and again. */
  | 'accuses';

/** What a liar lies with. */
export interface Liary {
  readonly world: World;
  readonly scx: SimulatedScx;
  readonly rng: Rng;
}

const LATE_MS = 5000;

/** Claims beyond what any honest SCX says: ms, and SCXs. */
const CLAIMED_MS = 1e9;
const CLAIMED_SCXS = 4e9;

/** Interval between the messages of one that floods, and between rounds of accusations, ms. */
const FLOOD_MS = 50;
const ACCUSE_MS = 500;

/** Facts in one message of one that floods. */
const INVENTED = 100;

/** A route that ends at a source SCX, as if it were a neighbour. */
const nextToSource = (self: NodeId, route: Route): Route =>
  route.scx === self ? route : { ...route, costMs: 0, path: [self, route.scx] };

const atNoCost = ({ scx }: LeftParent['costs'][number]) => ({ scx, costMs: 0 });

const greedy = (offer: EdgeOffer): EdgeOffer => ({
  ...offer,
  addGainMs: offer.addGainMs === null ? null : CLAIMED_MS,
  acceptGainMs: offer.acceptGainMs === null ? null : CLAIMED_MS,
  leaves: offer.leaves && { ...offer.leaves, costs: offer.leaves.costs.map(atNoCost) },
});

/** What all liars make of a message. */
function boast(self: NodeId, message: Message): Message {
  switch (message.kind) {
    case 'update':
      return { ...message, routes: message.routes.map((route) => nextToSource(self, route)) };
    case 'status': {
      const routes = message.routes.map((route) => nextToSource(self, route));
      return { ...message, canAccept: true, routes };
    }
    case 'keepAlive': {
      const loads = message.loads.map(({ scx }) => ({ scx, scxs: CLAIMED_SCXS }));
      return { kind: 'keepAlive', worthMs: CLAIMED_MS, loads, heir: null };
    }
    case 'edgeRequest':
      return { ...message, ...greedy(message) };
    default:
      return message;
  }
}

const isRelayed = (message: Message): boolean =>
  message.kind === 'heartbeat' || message.kind === 'notice';

/** What becomes of an ADU that is to be forwarded. */
function forwardIn(manner: Manner, { world }: Liary): (adu: Adu, forward: () => void) => void {
  switch (manner) {
    case 'silent':
      return () => {};
    case 'half':
      return ({ sequence }, forward) => void (sequence % 2 === 0 && forward());
    case 'late':
      return (_adu, forward) => world.at(world.now() + LATE_MS, forward);
    case 'titles':
      return ({ channel }, forward) => void (channel === 1 && forward());
    case 'floods':
    case 'accuses':
      return (_adu, forward) => forward();
  }
}

const inventId = (rng: Rng): NodeId =>
  Array.from({ length: 8 }, () => rng.below(0x10000).toString(16).padStart(4, '0')).join(
    '',
  ) as NodeId;

const inventMember = (rng: Rng): Member => ({
  id: inventId(rng),
  address: `10.0.0.${rng.below(250)}:${1 + rng.below(60_000)}` as Address,
  incarnation: 1 + rng.below(1000),
  rendezvous: false,
});

const PLACE = { x: 0, y: 0, height: 0, error: 0.01, samples: 1e6 };

const list = <Item>(draw: () => Item): Item[] => Array.from({ length: INVENTED }, draw);

/** One message of invented facts. */
function invent({ rng, world, scx }: Liary): Message {
  const self = scx.gossamer.self();
  const notice = (what: Notice['what'], about: Member): Message => ({
    kind: 'notice',
    notice: { what, about, atMs: world.now(), reporter: self.id },
  });
  const lies: readonly (() => Message)[] = [
    () => ({
      kind: 'discovery',
      members: list(() => ({ member: inventMember(rng), place: PLACE })),
      deaths: list(() => ({ id: inventId(rng), incarnation: 1 })),
      generator: '0'.repeat(32) as NodeId,
      digest: null,
    }),
    () => notice('failed', inventMember(rng)),
    () => notice('alive', { ...self, incarnation: self.incarnation + rng.below(1000) }),
    () => ({ kind: 'requestStatus' }),
    () => ({
      kind: 'edgeRequest',
      rttMs: 0,
      addGainMs: CLAIMED_MS,
      acceptGainMs: CLAIMED_MS,
      place: PLACE,
      leaves: null,
    }),
    () => ({ kind: 'edgeDrop', instead: inventMember(rng) }),
    () => ({ kind: 'ping', nonce: rng.below(1e6) }),
  ];
  return (lies[rng.below(lies.length)] as () => Message)();
}

/** The others that a liar talks to: all SCXs of the session. */
const othersOf = ({ world, scx }: Liary): SimulatedScx[] =>
  world.live().filter((other) => other !== scx);

/** Sends lies again and again, whatever the machine does. */
function harass(manner: Manner, liary: Liary, say: (to: Address, message: Message) => void): void {
  const { world, scx, rng } = liary;
  const flood = (): void => {
    const victim = rng.pick(othersOf(liary));
    if (victim !== undefined) say(victim.address, invent(liary));
  };
  const accuse = (): void => {
    const reporter = scx.gossamer.self().id;
    const neighbours = scx.gossamer.view().neighbours.map(({ member }) => member.address);
    for (const { gossamer } of othersOf(liary)) {
      const about = gossamer.self();
      const notice = { what: 'failed', about, atMs: world.now(), reporter } as const;
      for (const address of neighbours) say(address, { kind: 'notice', notice });
    }
  };
  const repeat = (act: () => void, everyMs: number): void => {
    if (!scx.isUp) return;
    act();
    world.at(world.now() + everyMs, () => repeat(act, everyMs));
  };
  if (manner === 'floods') repeat(flood, FLOOD_MS);
  if (manner === 'accuses') repeat(accuse, ACCUSE_MS);
}

/** From now on an SCX lies in that manner. */
export function becomeLiar(manner: Manner, liary: Liary): void {
  const { world, scx } = liary;
  const forwardLike = forwardIn(manner, liary);
  let say: (to: Address, message: Message) => void = () => {};
  const liar: Liar = (effect: Effect, perform) => {
    say = (to, message) => perform({ kind: 'send', to, message });
    if (effect.kind === 'forward') return forwardLike(effect.adu, () => perform(effect));
    if (effect.kind !== 'send') return perform(effect);
    if (manner === 'silent' && isRelayed(effect.message)) return;
    perform({ ...effect, message: boast(scx.gossamer.self().id, effect.message) });
  };
  world.corrupt(scx, liar, manner !== 'silent');
  harass(manner, liary, (to, message) => say(to, message));
}
