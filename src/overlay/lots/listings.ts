/**
 * An SCX's word about the sources that are attached to it (§3.7: the zero-length entry that it
 * advertises): it signs each of them with the stamp of its entry, and with its last source it signs
 * that there is none up to a stamp. Routes and withdrawals carry that, and everybody passes it on.
 *
 * So a neighbour can neither withdraw the sources of others, nor issue a stamp for them, nor add to
 * a list. It can leave sources out, or have no route; that affects only routes over itself, as the
 * lists that neighbours pass on of one stamp are joined (gossamer/routing/next-hop.ts).
 *
 * A listing that is forged, or is not there, is a fault of the neighbour that sent it.
 */
import type { Message, Route, Withdrawal } from '../../gossamer/core/message.js';
import type { Listing, NodeId, Source } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { TokenBucket } from '../../lib/bounds/token-bucket.js';
import { type SigningKey, verifierOf } from '../../runtime/signing-key.js';
import type { PublicKey } from '../../session/public-key.js';
import { nodeIdOf } from '../tls/node-id.js';
import { createVerifiedOnce } from '../tls/verified-once.js';

export interface Listings {
  /** The message with our signature on the sources that are attached here, or that none is. */
  signed(message: Message): Message;
  /** Whether the SCX of a route has signed that the source is attached to it. */
  isListed(route: Route, source: Source): boolean;
  /**
   * The message without the withdrawals that exceed the connection's rate; undefined: one of them
   * is forged.
   */
  withWithdrawals(message: Message, rate: TokenBucket): Message | undefined;
}

/** A source, or that there is none, with its SCX's word for it. */
interface Listed extends Omit<Withdrawal, 'listing'> {
  readonly source?: Source;
  readonly listing?: Listing | undefined;
}

/** Signatures that are remembered: more than the longest update has. */
const KNOWN_MAX = 2048;

/** Our own: more than one list has. */
const OWN_MAX = 64;

const textOf = (session: string, scx: NodeId, stamp: number, source?: Source): string => {
  const what = source === undefined ? ['none'] : [source.id, source.epoch, source.priority];
  return [session, scx, stamp, ...what].join('\n');
};

/** Creates the listings of one SCX in a session. */
export function createListings(session: string, own: SigningKey): Listings {
  const ownId = nodeIdOf(own.publicKey);
  const key = Buffer.from(own.publicKey, 'base64url');
  const ours = createBoundedMap<string, Listing>(OWN_MAX);
  const isVerified = createVerifiedOnce(KNOWN_MAX);

  const listingOf = (stamp: number, source?: Source): Listing => {
    const text = textOf(session, ownId, stamp, source);
    const before = ours.get(text);
    if (before !== undefined) return before;
    const listing = { key, signature: own.sign('listing', Buffer.from(text)) };
    ours.set(text, listing);
    return listing;
  };

  const signedRoute = (route: Route): Route => {
    if (route.scx !== ownId) return route;
    const list = (source: Source) => ({ ...source, listing: listingOf(route.stamp, source) });
    return { ...route, sources: route.sources.map(list) };
  };

  const signedWithdrawal = (withdrawal: Withdrawal): Withdrawal =>
    withdrawal.scx === ownId ? { ...withdrawal, listing: listingOf(withdrawal.stamp) } : withdrawal;

  /** @param mayVerify called where a signature is new */
  const isTrue = (
    { scx, stamp, source, listing }: Listed,
    mayVerify: () => boolean = () => true,
  ): boolean => {
    if (listing === undefined) return false;
    const { key, signature } = listing;
    const publicKey = Buffer.from(key).toString('base64url') as PublicKey;
    const text = textOf(session, scx, stamp, source);
    const verify = (): boolean =>
      mayVerify() &&
      nodeIdOf(publicKey) === scx &&
      verifierOf(publicKey)('listing', Buffer.from(text), signature);
    return isVerified(`${publicKey}\n${text}`, signature, verify);
  };

  /** Verifies what is new, as often as the rate allows. */
  const verdictOn = (withdrawal: Withdrawal, rate: TokenBucket): 'true' | 'forged' | 'unheard' => {
    let isUnheard = false;
    const mayVerify = (): boolean => {
      isUnheard = !rate.take(performance.now());
      return !isUnheard;
    };
    if (isTrue(withdrawal, mayVerify)) return 'true';
    return isUnheard ? 'unheard' : 'forged';
  };

  return {
    signed: (message) => {
      if (message.kind === 'status') {
        return { ...message, routes: message.routes.map(signedRoute) };
      }
      if (message.kind !== 'update') return message;
      const withdrawn = message.withdrawn.map(signedWithdrawal);
      return { ...message, routes: message.routes.map(signedRoute), withdrawn };
    },
    isListed: ({ scx, stamp }, source) => isTrue({ scx, stamp, source, listing: source.listing }),
    withWithdrawals: (message, rate) => {
      if (message.kind !== 'update' || message.withdrawn.length === 0) return message;
      const withdrawn: Withdrawal[] = [];
      for (const withdrawal of message.withdrawn) {
        const verdict = verdictOn(withdrawal, rate);
        if (verdict === 'forged') return undefined;
        if (verdict === 'true') withdrawn.push(withdrawal);
      }
      return { ...message, withdrawn };
    },
  };
}
