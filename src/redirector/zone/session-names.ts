/**
 * The names of sessions below the zone: `SESSION.CREATOR.ZONE`. The creator is a host name already, and
 * stands as it is. Of the session, letters become lower case, as DNS knows no other, and what no host
 * name may have (`.`, `_`, `~`) becomes `-`. So two sessions may have one name: a name stands for all of
 * them, and the path of the URL says which one is heard. That also holds for two keys of one name.
 *
 * Bounded: NAMES_MAX names of SESSIONS_MAX sessions each.
 */
import { parseSessionId, type SessionIdentity } from '../../session/session-id.js';

const NAMES_MAX = 20_000;
const SESSIONS_MAX = 16;
const LABEL_LENGTH_MAX = 63;

/** A name of DNS, without the final dot, of these bytes has 255 on the wire. */
const NAME_LENGTH_MAX = 253;

/** The name relative to the zone; undefined if the session has none. */
export function dnsNameOf({ session, creator }: Pick<SessionIdentity, 'session' | 'creator'>) {
  const words = session.toLowerCase().replace(/[._~]/g, '-').slice(0, LABEL_LENGTH_MAX).split('-');
  const [from, to] = [words.findIndex(Boolean), words.findLastIndex(Boolean)];
  const label = words.slice(from, to + 1).join('-');
  return label === '' ? undefined : `${label}.${creator}`;
}

/** What there is below a zone. */
export interface SessionNames {
  /** The ids of the sessions of a name; none: it is no session's. */
  of(name: string): readonly string[];
  /** Whether a name is above that of a session: there is nothing, but something below it. */
  isAbove(name: string): boolean;
  readonly size: number;
}

/** The names of these sessions, of which the first ones count if there are too many. */
export function nameSessions(ids: Iterable<string>, zone: string): SessionNames {
  const sessions = new Map<string, string[]>();
  const above = new Set<string>();
  const lengthMax = NAME_LENGTH_MAX - zone.length - 1;
  for (const id of ids) {
    const identity = parseSessionId(id);
    const name = identity.ok ? dnsNameOf(identity.value) : undefined;
    if (name === undefined || name.length > lengthMax) continue;
    const known = sessions.get(name);
    if (known === undefined && sessions.size < NAMES_MAX) sessions.set(name, [id]);
    else if (known && known.length < SESSIONS_MAX && !known.includes(id)) known.push(id);
  }
  for (const name of sessions.keys()) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      above.add(name.slice(dot + 1));
    }
  }
  return {
    of: (name) => sessions.get(name) ?? [],
    isAbove: (name) => above.has(name),
    get size() {
      return sessions.size;
    },
  };
}
