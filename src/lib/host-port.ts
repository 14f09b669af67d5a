/**
 * `host:port`, and an IPv6 host in square brackets: the form of URLs and of overlay addresses
 * (RFC 3986 §3.2.2). A host without port needs the brackets, too, wherever a port may follow.
 */

/** A host (name or IP address, IPv6 without brackets) and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The host as a URL has it. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** `host:port` */
export const joinHostPort = (host: string, port: number): string => `${urlHost(host)}:${port}`;

/** The parts of a text that is known to be `host:port`; no check is made. */
export function splitHostPort(text: string): HostPort {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(text.slice(colon + 1)) };
}

/**
 * An IPv4 address without its IPv6 mapping, as a dual-stack socket has it (`::ffff:1.2.3.4`); any other
 * text unchanged.
 */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d)/i, '');

/** The addresses that stand for all addresses of a machine. */
const ALL_ADDRESSES: readonly string[] = ['', '0.0.0.0', '::'];

/** The host under which a server on this machine is reached from this machine. */
export const localHost = (listenHost: string): string =>
  ALL_ADDRESSES.includes(listenHost) ? '127.0.0.1' : listenHost;
