/**
 * Addresses. The protocol knows them as the text `host:port`; on the wire they are
 *
 *   bytes  field
 *       1  0: an IPv4 host follows; 255: an IPv6 host follows; otherwise the length of a text
 *       …  the host
 *       2  port
 *
 * The protocol compares addresses as texts, so a text must be read as it was written. An IPv6
 * address is sent as 16 bytes only where these give back the same text, as they do for its usual
 * form.
 */
import type { Address } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { type Codec, type Cursor, fail, give, type Reader, take } from './codec.js';
import { BOUNDS } from './limits.js';
import { byte } from './number-codec.js';

const IPV4 = 0;
const IPV6 = 255;
const HOST_LENGTH_MAX = 253; // RFC 1035 §2.3.4, without the final dot
const PORT_BYTES = 2;

/** Without leading zeros, so that each address has one text. */
const IPV4_HOST = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

const ADDRESS = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):([1-9][0-9]{0,4})$/;

/** Whether a value is `host:port`, an IPv6 host in brackets. */
export function isAddress(value: unknown): value is Address {
  if (typeof value !== 'string' || value.length > BOUNDS.addressLengthMax) return false;
  const port = ADDRESS.exec(value)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** 16 bytes as text, in the form that URLs use (RFC 5952). */
function ipv6Host(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + 2 * index));
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname;
}

/**
 * The 16 bytes of a text if it is an IPv6 address; its double colon stands for the missing zeros.
 */
function guessIpv6(host: string): DataView {
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [head = [], tail = []] = host.slice(1, -1).split('::').map(groupsOf);
  const zeros: string[] = new Array(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const view = new DataView(new ArrayBuffer(16));
  const groups = [...head, ...zeros, ...tail].slice(0, 8);
  for (const [index, group] of groups.entries()) {
    view.setUint16(2 * index, Number.parseInt(group, 16));
  }
  return view;
}

const isIpv6 = (host: string): boolean =>
  host.startsWith('[') && ipv6Host(guessIpv6(host), 0) === host;

/** The first byte of a host on the wire. */
const tagOf = (host: string): number =>
  IPV4_HOST.test(host) ? IPV4 : isIpv6(host) ? IPV6 : host.length;

const bytesAfter = (tag: number): number => (tag === IPV4 ? 4 : tag === IPV6 ? 16 : tag);

function writeHost(to: Cursor, tag: number, host: string): void {
  if (tag === IPV4) {
    for (const octet of host.split('.')) byte.write(to, Number(octet));
  } else if (tag === IPV6) {
    const groups = guessIpv6(host);
    for (let at = 0; at < 16; at++) byte.write(to, groups.getUint8(at));
  } else {
    for (let at = 0; at < host.length; at++) byte.write(to, host.charCodeAt(at));
  }
}

function readHost(from: Reader): string | undefined {
  const tag = byte.read(from);
  const at = tag === undefined ? undefined : take(from, bytesAfter(tag));
  if (tag === undefined || at === undefined) return undefined;
  if (tag === IPV6) return ipv6Host(from.view, at);
  const bytes = new Uint8Array(from.view.buffer, from.view.byteOffset + at, bytesAfter(tag));
  if (tag === IPV4) return bytes.join('.');
  const host = String.fromCharCode(...bytes);
  return tagOf(host) === tag ? host : fail(from, 'an IP address written as text');
}

const hostOf = (text: Address): string => text.slice(0, text.lastIndexOf(':'));

/** The codec of addresses. */
export const address: Codec<Address> = {
  bytesMax: 1 + HOST_LENGTH_MAX + PORT_BYTES,
  bytesOf: (value) => 1 + bytesAfter(tagOf(hostOf(value))) + PORT_BYTES,
  write: (to, value) => {
    assert(isAddress(value), 'an address is host:port');
    const host = hostOf(value);
    const tag = tagOf(host);
    byte.write(to, tag);
    writeHost(to, tag, host);
    to.view.setUint16(give(to, PORT_BYTES), Number(value.slice(host.length + 1)));
  },
  read: (from) => {
    const host = readHost(from);
    const at = host === undefined ? undefined : take(from, PORT_BYTES);
    if (at === undefined) return undefined;
    const value = `${host}:${from.view.getUint16(at)}`;
    return isAddress(value) ? value : fail(from, 'not host:port');
  },
};
