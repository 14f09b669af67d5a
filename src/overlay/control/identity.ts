/**
 * Whose words are those of a neighbour. A HELLO may claim any id, so the words of a mesh neighbour
 * are believed on the connections of its edge, and on others only from the address where those lead.
 * A HELLO with its id from elsewhere is refused while the edge lasts; but one that comes from the
 * address that it names is heard, so that nobody can take an SCX's id and address before itself.
 *
 * An SCX may have several addresses, and then its second connection may come from another one. It is
 * refused in vain: the SCX goes on over the first.
 */
import type { Member, NodeId } from '../../gossamer/core/node.js';
import { limitedAs } from '../../http/ip-address.js';
import { splitHostPort } from '../../lib/host-port.js';
import type { Refusal } from '../sockets/admission.js';
import { detach, type Link, type LinkPool } from './link-pool.js';

const addressOf = ({ connection }: Link): string => limitedAs(connection.remoteAddress);

function* linksOf({ contacts }: LinkPool, id: NodeId): Iterable<Link> {
  for (const { links } of contacts.values()) {
    for (const link of links) if (link.peer.id === id) yield link;
  }
}

const isNeighbour = ({ edges }: LinkPool, id: NodeId): boolean => [...edges.values()].includes(id);

/** Whether a node is a neighbour, and a connection of its edge leads to that IP address. */
export function isNeighbourAt(pool: LinkPool, id: NodeId, remoteAddress: string): boolean {
  const address = limitedAs(remoteAddress);
  return (
    isNeighbour(pool, id) && [...linksOf(pool, id)].some((link) => addressOf(link) === address)
  );
}

/** Whether a HELLO comes from the very address that the neighbour with its id has. */
const isAtHome = ({ edges }: LinkPool, { id, address }: Member, remoteAddress: string): boolean =>
  edges.get(address) === id && limitedAs(splitHostPort(address).host) === limitedAs(remoteAddress);

/** The objection to a HELLO from an IP address; undefined: there is none. */
export function objectionToId(
  pool: LinkPool,
  claimed: Member,
  remoteAddress: string,
): Refusal | undefined {
  const { id } = claimed;
  const [link] = linksOf(pool, id);
  if (link === undefined || !isNeighbour(pool, id)) return undefined;
  if (isNeighbourAt(pool, id, remoteAddress) || isAtHome(pool, claimed, remoteAddress)) {
    return undefined;
  }
  pool.context.counters.impostors++;
  return { reason: 'the id is that of a neighbour elsewhere' };
}

/** An edge has come up: connections with its id that lead elsewhere are closed. */
export function endOtherClaims(pool: LinkPool, { id }: Member): void {
  const links = [...linksOf(pool, id)];
  const [maker] = links.toSorted((one, other) => other.edgeWords - one.edgeWords);
  for (const link of links) {
    if (maker === undefined || addressOf(link) === addressOf(maker)) continue;
    pool.context.counters.impostors++;
    link.isRetired = true;
    detach(pool, link);
    link.connection.destroy();
    if (link.isOurs) pool.outboundCount--;
  }
}
