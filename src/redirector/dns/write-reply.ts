/**
 * Writes the answer to a query. The question is repeated as it came; names are compressed (RFC 1035
 * §4.1.4), but for the targets of SRV records (RFC 2782). An answer that is too large for UDP is cut to
 * its head with the flag TC, and the resolver asks again over TCP.
 */
import ipaddr from 'ipaddr.js';
import {
  CLASS_IN,
  type ClientSubnet,
  type DnsRecord,
  type Query,
  RCODE,
  type RecordData,
  type Reply,
  TYPE,
} from './message.js';

/** Without EDNS (RFC 1035 §2.3.4). */
const PLAIN_BYTES_MAX = 512;
/** What passes every network without fragments (DNS flag day 2020). */
const UDP_BYTES_MAX = 1232;
/** Over TCP, where the length has two bytes. */
export const TCP_BYTES_MAX = 65_535;

const HEADER_BYTES = 12;
const FLAGS = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, desired: 0x0100 };
const POINTER = 0xc000;
const POINTER_MAX = 0x3fff;

/** An answer is for networks of this many bits: as large as a table of distances has them. */
const SCOPE_BITS = [0, 24, 48] as const;

/** Times of a zone without secondary servers that copy it, s. */
const SOA_TIMES = [3600, 600, 86_400] as const;

const word = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

const textBytes = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);

/** Where names stand, by the name: suffixes as well. */
type Places = Map<string, number>;

const labelsOf = (name: string): string[] => (name === '' ? [] : name.split('.'));

/** The bytes of a name at an offset; with places it is compressed, and remembered. */
function nameBytes(name: string, places?: Places, at = 0): Buffer {
  const labels = labelsOf(name);
  const parts: Buffer[] = [];
  let offset = at;
  for (let index = 0; index < labels.length; index++) {
    const suffix = labels.slice(index).join('.');
    const known = places?.get(suffix);
    if (known !== undefined) return Buffer.concat([...parts, word(POINTER | known)]);
    if (offset <= POINTER_MAX) places?.set(suffix, offset);
    const label = textBytes(labels[index] ?? '');
    parts.push(label);
    offset += label.length;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** `at`: where the data will stand. */
function dataBytes(data: RecordData, places: Places, at: number): Buffer {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return Buffer.from(ipaddr.parse(data.address).toByteArray());
    case 'NS':
      return nameBytes(data.host, places, at);
    case 'SRV': {
      const numbers = [data.priority, data.weight, data.port].map(word);
      return Buffer.concat([...numbers, nameBytes(data.target)]);
    }
    case 'SOA': {
      const primary = nameBytes(data.primary, places, at);
      const mailbox = nameBytes(data.mailbox, places, at + primary.length);
      const times = [data.serial, ...SOA_TIMES, data.minimum].map(long);
      return Buffer.concat([primary, mailbox, ...times]);
    }
    case 'HINFO':
      return Buffer.concat([textBytes(data.cpu), textBytes('')]);
  }
}

function recordBytes(record: DnsRecord, places: Places, at: number): Buffer {
  const name = nameBytes(record.name, places, at);
  const head = [name, word(TYPE[record.type]), word(CLASS_IN), long(record.ttl)];
  const start = at + name.length + 10;
  const data = dataBytes(record, places, start);
  return Buffer.concat([...head, word(data.length), data]);
}

/** The answer is for the client's network, or for those of the same prefix if that is shorter. */
function subnetBytes(subnet: ClientSubnet, isForNetwork: boolean): Buffer {
  const { family, prefixLength, prefix } = subnet;
  const scope = isForNetwork ? Math.min(prefixLength, SCOPE_BITS[family]) : 0;
  const data = [word(family), Buffer.from([prefixLength, scope]), prefix];
  const CLIENT_SUBNET = 8;
  return Buffer.concat([word(CLIENT_SUBNET), word(4 + prefix.length), ...data]);
}

/** Our EDNS, for those that speak it. */
function ednsBytes({ edns }: Query, { rcode, isForNetwork }: Reply): Buffer {
  if (edns === undefined) return Buffer.alloc(0);
  const { subnet } = edns;
  const isTold = subnet !== undefined && subnet !== 'malformed';
  const options = isTold ? subnetBytes(subnet, isForNetwork) : Buffer.alloc(0);
  const head = [Buffer.from([0]), word(TYPE.OPT), word(UDP_BYTES_MAX), long((rcode >> 4) << 24)];
  return Buffer.concat([...head, word(options.length), options]);
}

interface Counts {
  readonly answers: number;
  readonly authority: number;
  readonly additional: number;
}

function headBytes(query: Query, rcode: number, counts: Counts, isTruncated: boolean): Buffer {
  const isOurs = rcode === RCODE.noError || rcode === RCODE.nxDomain;
  const flags =
    FLAGS.response |
    (query.opcode << 11) |
    (isOurs ? FLAGS.authoritative : 0) |
    (isTruncated ? FLAGS.truncated : 0) |
    (query.recursionDesired ? FLAGS.desired : 0) |
    (rcode & 0xf);
  const { answers, authority, additional } = counts;
  const words = [query.id, flags, 1, answers, authority, additional];
  return Buffer.concat([...words.map(word), query.question.bytes]);
}

/** Where the labels of the question stand. */
function questionPlaces({ labels }: Query['question']): Places {
  const places: Places = new Map();
  let at = HEADER_BYTES;
  labels.forEach((label, index) => {
    places.set(labels.slice(index).join('.'), at);
    at += label.length + 1;
  });
  return places;
}

function write(query: Query, reply: Reply, records: readonly DnsRecord[], isTruncated: boolean) {
  const { answers, authority } = isTruncated ? { answers: [], authority: [] } : reply;
  const edns = ednsBytes(query, reply);
  const counts = {
    answers: answers.length,
    authority: authority.length,
    additional: records.length + (edns.length > 0 ? 1 : 0),
  };
  const places = questionPlaces(query.question);
  const parts = [headBytes(query, reply.rcode, counts, isTruncated)];
  let at = parts[0]?.length ?? 0;
  for (const record of [...answers, ...authority, ...records]) {
    const bytes = recordBytes(record, places, at);
    parts.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat([...parts, edns]);
}

/** The most that this asker takes over UDP, bytes. */
export const udpBytesMax = ({ edns }: Query): number =>
  Math.min(UDP_BYTES_MAX, Math.max(PLAIN_BYTES_MAX, edns?.bytesMax ?? 0));

/** The answer without records that has the resolver ask over TCP. */
export const writeTruncated = (query: Query, reply: Reply): Buffer => write(query, reply, [], true);

/** The answer, of at most `bytesMax` bytes (>= 512). */
export function writeReply(query: Query, reply: Reply, bytesMax: number): Buffer {
  const whole = write(query, reply, reply.additional, false);
  if (whole.length <= bytesMax) return whole;
  const needed = write(query, reply, [], false);
  return needed.length <= bytesMax ? needed : writeTruncated(query, reply);
}
