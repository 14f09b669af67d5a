/**
 * The address of the client that sent a request. Behind a proxy the connection's address is the
 * proxy's, and the client's is in X-Forwarded-For. Anybody may write that header, so it counts only
 * when it comes from a proxy that the operator trusts. The rule is proxy-addr's, which express uses
 * for `request.ip`: read from its end, the first address that is not a trusted proxy's.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';
import { plainAddress } from '../../lib/host-port.js';

/** Tells whether an address is a trusted proxy's. */
export type IsTrusted = (address: string) => boolean;

/** Whether this is `ADDRESS` or `ADDRESS/BITS`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** Trusts these networks. A malformed one is ignored: the command line has refused it before. */
export function trustIn(networks: readonly string[]): IsTrusted {
  const isTrusted = proxyAddr.compile(networks.filter(isNetwork));
  return (address) => isIP(address) !== 0 && isTrusted(address, 0);
}

/** Hops of a header that are read; a chain of more proxies is forged. */
const HOPS_MAX = 16;

/**
 * The client's address, for limits and logs.
 * @param peer the address at the other end of the connection
 * @param forwarded the value of X-Forwarded-For, if there is one
 */
export function clientAddress(
  peer: string,
  forwarded: string | undefined,
  trust: IsTrusted,
): string {
  const address = plainAddress(peer);
  if (forwarded === undefined) return address;
  const hops = forwarded.split(',').slice(-HOPS_MAX).join(',');
  // All that proxy-addr reads of a request.
  const request = { socket: { remoteAddress: address }, headers: { 'x-forwarded-for': hops } };
  const chain = proxyAddr.all(request as unknown as IncomingMessage, trust).map(plainAddress);
  return chain.findLast((hop) => isIP(hop) !== 0) ?? address;
}
