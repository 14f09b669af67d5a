/**
 * What a name in the zone stands for. Below the zone are these names:
 *
 * - the zone itself: the nearest clusters;
 * - `SESSION.CREATOR.ZONE`: the nearest clusters for that session (session-names.ts);
 * - `_scattercast._tcp.NAME`, before each of these: the same as a service (RFC 2782), with ports;
 * - `c-DIGITS.ZONE`: one cluster, by its key; SRV records name it;
 * - the name servers, if they are in the zone.
 *
 * A name that only has others below it is there, and has no records (RFC 8020).
 */

/** A cluster to which listeners may be sent. */
export interface Target {
  /** `c-DIGITS`. */
  readonly label: string;
  readonly addresses4: readonly string[];
  readonly addresses6: readonly string[];
  readonly port: number;
  /** Its share of listeners, relative to that of others that are as near. */
  readonly weight: number;
}

/** The nearest clusters, first of all. */
export interface Targets {
  readonly clusters: readonly Target[];
  /** Other networks may have others. */
  readonly isForNetwork: boolean;
}

/** What the zone is made of now. */
export interface ZoneContent {
  /** The sessions of a name, relative to the zone, by id. */
  sessionsOf(name: string): readonly string[];
  /** Whether there are sessions below a name that is none. */
  isAbove(name: string): boolean;
  /** The cluster of a label, whether it is there now or not; undefined: there is none. */
  cluster(label: string): { readonly now: Target | undefined } | undefined;
  /**
   * The nearest clusters for a network, whose listeners come to one port, or to the cluster's own.
   * @param sessions one of these is to be heard; undefined: any
   */
  nearest(network: string, sessions: readonly string[] | undefined): Targets;
}

export interface NameServer {
  readonly name: string;
  /** Those that this zone tells, if the name is in it. */
  readonly addresses: readonly string[];
}

/** What a name stands for. */
export type Place =
  | { readonly kind: 'none' | 'empty' }
  | { readonly kind: 'server'; readonly addresses: readonly string[] }
  | { readonly kind: 'cluster'; readonly target: Target | undefined }
  | {
      readonly kind: 'clusters' | 'service';
      readonly sessions: readonly string[] | undefined;
      readonly isApex: boolean;
    };

const SERVICE = '_scattercast._tcp';

/** The part of a name before the zone; undefined if it is not in the zone. */
export function relativeTo(zone: string, labels: readonly string[]): string | undefined {
  const depth = zone.split('.').length;
  if (labels.slice(-depth).join('.') !== zone || labels.length < depth) return undefined;
  return labels.slice(0, labels.length - depth).join('.');
}

/** The names of the servers that are in the zone, relative to it, and those above them. */
export function serversIn(zone: string, nameServers: readonly NameServer[]) {
  const servers = new Map<string, readonly string[]>();
  const above = new Set<string>();
  for (const { name, addresses } of nameServers) {
    const relative = relativeTo(zone, name.split('.'));
    if (relative === undefined || relative === '') continue;
    servers.set(relative, addresses);
    for (let rest = parentOf(relative); rest !== ''; rest = parentOf(rest)) above.add(rest);
  }
  return { servers, above };
}

const parentOf = (name: string): string => name.split('.').slice(1).join('.');

/** Creates a function that tells what a name stands for, relative to the zone. */
export function findPlaces(
  { servers, above }: ReturnType<typeof serversIn>,
  content: ZoneContent,
): (name: string) => Place {
  /** The place of a name that is no service of another one. */
  const ownerAt = (name: string): Place => {
    if (name === '') return { kind: 'clusters', sessions: undefined, isApex: true };
    const addresses = servers.get(name);
    if (addresses !== undefined) return { kind: 'server', addresses };
    const cluster = content.cluster(name);
    if (cluster !== undefined) return { kind: 'cluster', target: cluster.now };
    const sessions = content.sessionsOf(name);
    if (sessions.length > 0) return { kind: 'clusters', sessions, isApex: false };
    return { kind: content.isAbove(name) || above.has(name) ? 'empty' : 'none' };
  };

  return (name) => {
    const isService = name === SERVICE || name.startsWith(`${SERVICE}.`);
    if (!isService && name !== '_tcp' && !name.startsWith('_tcp.')) return ownerAt(name);
    const owner = ownerAt(isService ? parentOf(parentOf(name)) : parentOf(name));
    if (owner.kind !== 'clusters') return { kind: 'none' };
    return isService ? { ...owner, kind: 'service' } : { kind: 'empty' };
  };
}
