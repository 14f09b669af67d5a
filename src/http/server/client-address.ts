/**
 * Who a request is from. Behind a proxy the connection's address is the proxy's, and the
 * listener's is in X-Forwarded-For. Anybody may write that header, so it counts only from proxies that the
 * operator trusts: read from its end, the first address that is no trusted proxy's.
 */
import { BlockList, isIP } from 'node:net';

/** Tells whether an address is a trusted proxy's. */
export type IsTrusted = (address: string) => boolean;

/** IPv4 addresses as they are seen on an IPv6 socket. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:/i, '');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether this is `ADDRESS` or `ADDRESS/BITS`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** Trusts these networks. Whatever is none is ignored. */
export function trustIn(networks: readonly string[]): IsTrusted {
  const list = new BlockList();
  for (const network of networks.filter(isNetwork)) {
    const [address = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

/** The address of whoever asked, for limits and logs; `forwarded` is the header's value. */
export function clientAddress(
  peer: string,
  forwarded: string | undefined,
  trust: IsTrusted,
): string {
  let address = plainAddress(peer);
  if (forwarded === undefined) return address;
  const hops = forwarded.split(',').slice(-16);
  while (trust(address)) {
    const hop = plainAddress(hops.pop()?.trim() ?? '');
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** Groups of an IPv6 address, `::` written out. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address
    .split('::')
    .map((part) => part.split(':').filter(Boolean).join(':'));
  const front = head === '' ? [] : head.split(':');
  if (tail === undefined) return front;
  const back = tail === '' ? [] : tail.split(':');
  return [
    ...front,
    ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'),
    ...back,
  ];
}

/** Whom a limit is for: an IPv4 address, or the /64 that one IPv6 subscriber has to itself. */
export const limitedAs = (address: string): string =>
  isIP(address) === 6 ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;

/** A machine's own address is a proxy's or the operator's, who has other limits. */
export const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('127.');
