/**
 * IP addresses of clients: whether one is this machine's own, and the network that a limit counts. An
 * IPv4 client of a dual-stack socket is seen as `::ffff:1.2.3.4` (plainAddress, lib/host-port.ts), and
 * means the same as `1.2.3.4` everywhere here.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether an IP address is a loopback address; false for a text that is no IP address. */
export const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';

/**
 * The client that a limit counts: an IPv4 address, or the /64 network of an IPv6 address, which
 * one subscriber has to itself. A text that is no IP address is returned as it is.
 */
export function limitedAs(address: string): string {
  if (isIP(address) === 0) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const prefix = parsed.parts.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/**
 * The network of an address, for those who may know where clients are but not who: an IPv4 address
 * ends in `.0`, of an IPv6 address the first 48 bits remain. A text that is no IP address is ''.
 */
export function networkOf(address: string): string {
  if (isIP(address) === 0) return '';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return `${parsed.octets.slice(0, 3).join('.')}.0`;
  const prefix = parsed.parts.slice(0, 3).map((group) => group.toString(16));
  return `${prefix.join(':')}::`;
}
