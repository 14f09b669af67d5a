/**
 * Who gets one of the SCXs that a cluster may run. Anybody can have it carry any session, by asking
 * for `/listen?announcement=URL`; such sessions are foreign here. So that one stranger cannot take
 * every place, foreign sessions have a share of them, and so has each of the two that cause a launch:
 * the address of the client that asked, and the server of the announcement. What the sessions that are
 * published here need, and a reserve for those to come, is kept from them.
 *
 * When a place is missing, a foreign SCX that has no client any more ends before its time, first of
 * the server that has the most of them.
 */

/** The limits. */
export interface PlacesConfig {
  /** SCXs in all, >= 1. */
  readonly scxsMax: number;
  /** SCXs of foreign sessions, 0 to `scxsMax`. */
  readonly foreignMax: number;
  /** Of these, for one client address, and for the announcements of one server, >= 1. */
  readonly perOriginMax: number;
}

/** What causes a launch. An unknown client or server is '', and has no limit of its own. */
export interface Origin {
  /** The client that asked: an address, or the /64 network of an IPv6 address. */
  readonly client: string;
  /** The host of the announcement's URL. */
  readonly server: string;
}

/** An SCX that runs, or is being launched. */
export interface Occupant {
  readonly origin: Origin;
  /** Its session is not published here. */
  readonly isForeign: boolean;
  /** No client is there or on its way. */
  readonly isIdle: boolean;
  /** It has been told to end, to leave its place. */
  readonly isEnding: boolean;
}

/** A session that needs an SCX. */
export interface Applicant {
  readonly origin: Origin;
  readonly isForeign: boolean;
}

/** Whose share is used up. */
export type UsedUp = 'cluster' | 'server' | 'client';

export type Place<Scx> =
  | { readonly kind: 'free' }
  /** One that ends already will leave it. */
  | { readonly kind: 'coming' }
  /** This one is to end for it. */
  | { readonly kind: 'instead'; readonly of: Scx }
  | { readonly kind: 'none'; readonly usedUp: UsedUp };

/** A share of the SCXs: those that are in it, and how many there may be. */
interface Share<Scx> {
  readonly name: UsedUp;
  readonly scxs: readonly Scx[];
  readonly max: number;
}

/** The default of `foreignMax`: a quarter is kept for the sessions that are published here. */
export const foreignShare = (scxsMax: number): number => scxsMax - Math.floor(scxsMax / 4);

/** The default of `perOriginMax`: it takes four to use up what foreign sessions may have. */
export const originShare = (foreignMax: number): number => Math.max(2, Math.floor(foreignMax / 4));

function sharesOf<Scx extends Occupant>(
  { origin, isForeign }: Applicant,
  scxs: readonly Scx[],
  neededHere: number,
  { scxsMax, foreignMax, perOriginMax }: PlacesConfig,
): readonly Share<Scx>[] {
  const all: Share<Scx> = { name: 'cluster', scxs, max: scxsMax };
  if (!isForeign) return [all];
  const foreign = scxs.filter((scx) => scx.isForeign);
  const of = (name: 'server' | 'client'): readonly Share<Scx>[] => {
    if (origin[name] === '') return [];
    const same = foreign.filter((scx) => scx.origin[name] === origin[name]);
    return [{ name, scxs: same, max: perOriginMax }];
  };
  const max = Math.min(foreignMax, scxsMax - neededHere);
  return [...of('server'), ...of('client'), { name: 'cluster', scxs: foreign, max }, all];
}

/** The idle foreign SCX that ends first: the oldest one of the server that has the most. */
function firstToEnd<Scx extends Occupant>(scxs: readonly Scx[]): Scx | undefined {
  const foreign = scxs.filter((scx) => scx.isForeign);
  const countOf = ({ origin }: Scx): number =>
    foreign.filter((scx) => scx.origin.server === origin.server).length;
  return foreign
    .filter(({ isIdle, isEnding }) => isIdle && !isEnding)
    .toSorted((a, b) => countOf(b) - countOf(a))[0];
}

/**
 * Whether there is a place for a session.
 * @param scxs all SCXs, the oldest first
 * @param neededHere the SCXs that the sessions published here have, and those that they lack
 */
export function placeFor<Scx extends Occupant>(
  applicant: Applicant,
  scxs: readonly Scx[],
  neededHere: number,
  config: PlacesConfig,
): Place<Scx> {
  const shares = sharesOf(applicant, scxs, neededHere, config);
  const usedUp = shares.find((share) => share.scxs.length >= share.max);
  if (usedUp === undefined) return { kind: 'free' };
  const none = { kind: 'none', usedUp: usedUp.name } as const;
  if (usedUp.max <= 0) return none;
  if (usedUp.scxs.some(({ isEnding }) => isEnding)) return { kind: 'coming' };
  const of = firstToEnd(usedUp.scxs);
  return of === undefined ? none : { kind: 'instead', of };
}
