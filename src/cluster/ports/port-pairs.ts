/**
 * Assigns to each SCX the two ports that it listens on: HTTP and overlay. An operator opens a range
 * in a firewall; SCXs take pairs of it, the lowest first, so that a short range is enough.
 *
 * Another program may use a port of the range. A pair where that was found is avoided for a while.
 */
import { urlOf } from '../../lib/url-path.js';

/** The ports of one SCX; 0 is any free port. */
export interface Ports {
  readonly http: number;
  readonly overlay: number;
}

/** The ports that SCXs may use, `last` included; or any that the system has free. */
export type PortRange = { readonly first: number; readonly last: number } | 'any';

const ANY: Ports = { http: 0, overlay: 0 };

/** How many SCXs the range has room for; Infinity for any. */
export function pairCapacity(range: PortRange): number {
  if (range === 'any') return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.floor((range.last - range.first + 1) / 2));
}

/** Whether a port belongs to the range of the SCXs. */
export const isForScxs = (port: number, range: PortRange): boolean =>
  range !== 'any' && port >= range.first && port <= range.last;

/** By the HTTP port of a pair that another program uses: when it may be tried again. */
export type Avoided = ReadonlyMap<number, number>;

function inRange({ http, overlay }: Ports, range: PortRange): boolean {
  if (range === 'any') return http > 0 && overlay > 0;
  const pair = (http - range.first) / 2;
  return overlay === http + 1 && Number.isInteger(pair) && pair >= 0 && pair < pairCapacity(range);
}

function lowestFree(range: PortRange, busy: ReadonlySet<number>, avoided: Avoided, now: number) {
  if (range === 'any') return ANY;
  let leastAvoided: { readonly http: number; readonly until: number } | undefined;
  for (let index = 0; index < pairCapacity(range); index++) {
    const http = range.first + 2 * index;
    if (busy.has(http) || busy.has(http + 1)) continue;
    const until = avoided.get(http) ?? 0;
    if (until <= now) return { http, overlay: http + 1 };
    if (leastAvoided === undefined || until < leastAvoided.until) leastAvoided = { http, until };
  }
  if (leastAvoided === undefined) return undefined;
  return { http: leastAvoided.http, overlay: leastAvoided.http + 1 };
}

/**
 * A pair for a new SCX: the preferred one if it is free, else the lowest that is free; if all that
 * are left are avoided, the one that is avoided for the shortest time. Undefined if every pair has
 * an SCX.
 */
export function choosePorts(
  range: PortRange,
  used: readonly Ports[],
  avoided: Avoided,
  preferred: Ports | null,
  now: number,
): Ports | undefined {
  const busy = new Set(used.flatMap(({ http, overlay }) => [http, overlay]));
  const wanted =
    preferred !== null &&
    inRange(preferred, range) &&
    !busy.has(preferred.http) &&
    !busy.has(preferred.overlay) &&
    (avoided.get(preferred.http) ?? 0) <= now;
  return wanted ? preferred : lowestFree(range, busy, avoided, now);
}

/**
 * The overlay port of a successor, which needs one of its own while both processes run; the HTTP
 * port is handed over. It is that of the SCX's own pair if the SCX itself uses the one of another
 * pair; else that of the lowest pair that is free.
 */
export function chooseOverlayPort(
  range: PortRange,
  used: readonly Ports[],
  own: Ports,
): number | undefined {
  if (range === 'any') return 0;
  const busy = new Set(used.flatMap(({ http, overlay }) => [http, overlay]));
  const home = { http: own.http, overlay: own.http + 1 };
  if (inRange(home, range) && !busy.has(home.overlay)) return home.overlay;
  return lowestFree(range, busy, new Map(), 0)?.overlay;
}

/** The ports that an SCX reports; null if the report is malformed. */
export function portsOf(status: {
  readonly httpUrl: string;
  readonly overlayAddress: string;
}): Ports | null {
  const url = urlOf(status.httpUrl);
  if (url === undefined) return null;
  const http = Number(url.port || 80);
  const overlay = Number(status.overlayAddress.replace(/^.*:/, ''));
  const valid = Number.isInteger(overlay) && overlay > 0 && overlay <= 65_535;
  return valid ? { http, overlay } : null;
}
