/**
 * Whether others can use the address that the cluster gives them (`--host`): it is no loopback
 * address, its name resolves, and it is public, or at least meant for this network only.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { classifyAddress } from '../../http/client/address-rules.js';
import { isLoopback } from '../../http/ip-address.js';
import { type Finding, findings } from './finding.js';

const { good, warning, problem } = findings('address');

export interface AddressFacts {
  readonly host: string;
  /** `--host` was given. */
  readonly isChosen: boolean;
  /** The addresses of the host; none: the name does not resolve. */
  readonly addresses: readonly string[];
  /** The addresses of this machine's interfaces. */
  readonly own: readonly string[];
}

/** Looks a host up. */
export async function addressFacts(host: string, isChosen: boolean): Promise<AddressFacts> {
  const bare = host.replace(/^\[|\]$/g, '');
  const found = isIP(bare)
    ? [bare]
    : await lookup(bare, { all: true }).then(
        (all) => all.map(({ address }) => address),
        () => [],
      );
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return { host, isChosen, addresses: found, own: own.map(({ address }) => address) };
}

const GIVE = 'give --host the name or address by which players reach this machine';

/** What is wrong with the address. */
export function checkAddress({ host, isChosen, addresses, own }: AddressFacts): Finding {
  const [first] = addresses;
  if (first === undefined) {
    return problem(`The name ${host} does not resolve: correct --host, or its entry in the DNS.`);
  }
  const named = host === first ? host : `${host} (${addresses.join(', ')})`;
  if (addresses.every(isLoopback)) {
    return warning(`${named} reaches this machine from itself only: ${GIVE}.`);
  }
  if (addresses.every((address) => classifyAddress(address) !== 'public')) {
    const where = `${named} is an address inside a network: players outside cannot reach it`;
    return isChosen ? warning(`${where}.`) : warning(`${where}; ${GIVE}.`);
  }
  if (addresses.some((address) => own.includes(address))) {
    return good(`Players and other clusters are given ${named}, an address of this machine.`);
  }
  const advice = 'whatever has that address must pass the ports of the cluster on to this machine';
  return warning(`${named} is no address of this machine: ${advice} (see --from URL).`);
}
