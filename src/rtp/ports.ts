/**
 * The groups and ports of a session. Each session has three groups in a row: one for what our own
 * receivers understand, and one for each format of RTP. Switches that look into IGMP tell groups apart,
 * not ports, so a format that somebody wants costs nobody else.
 */
import type { RtpFormat } from './sdp.js';

/** The groups of a session. */
export const GROUPS_PER_SESSION = 3;

/** Of our own receivers. */
export const OWN_PORT = 5010;

/** RTP has even ports, RTCP the next ones (RFC 3550 §11). */
const RTP_PORT: Readonly<Record<RtpFormat, number>> = { frames: 5004, adus: 5006 };
const RTP_GROUP: Readonly<Record<RtpFormat, number>> = { frames: 1, adus: 2 };

/** An IPv4 address as a number, and back. */
const toNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** The address that many above another one. */
export const groupAfter = (group: string, count: number): string =>
  toAddress(toNumber(group) + count);

/** Where RTP of a format goes, by the first group of the session. */
export const rtpTarget = (group: string, format: RtpFormat) => ({
  group: groupAfter(group, RTP_GROUP[format]),
  port: RTP_PORT[format],
});

/** The first group and the number of groups in a range `ADDRESS/BITS`. */
export function groupRange(range: string): { readonly first: string; readonly count: number } {
  const [address = '', bits = '32'] = range.split('/');
  const count = 2 ** (32 - Number(bits));
  return { first: toAddress(Math.floor(toNumber(address) / count) * count), count };
}
