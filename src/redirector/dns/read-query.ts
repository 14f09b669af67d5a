/**
 * Reads a query from the bytes of strangers. What is no well-formed query of one question is undefined: it
 * is dropped, as an answer would only tell a forged sender something. Every loop is bounded by the bytes.
 */
import { type ClientSubnet, type Edns, type Query, type Question, TYPE } from './message.js';

/** Larger ones are none that a resolver sends. */
export const QUERY_BYTES_MAX = 4096;

const HEADER_BYTES = 12;
const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;
/** EDNS, and a signature: what there may be besides the question. */
const RECORDS_MAX = 4;
const CLIENT_SUBNET = 8;

const RESPONSE = 0x8000;
const RECURSION_DESIRED = 0x0100;

/** Malformed bytes; caught in readQuery. */
class Malformed extends Error {}

const ODD = /[^a-z0-9_-]/g;

/** A cursor over the bytes; everything it gives is there. */
function reader(bytes: Buffer) {
  let at = 0;
  const skip = (length: number): number => {
    const from = at;
    if (from + length > bytes.length) throw new Malformed();
    at += length;
    return from;
  };
  return {
    get at() {
      return at;
    },
    byte: () => bytes.readUInt8(skip(1)),
    word: () => bytes.readUInt16BE(skip(2)),
    bytes: (length: number) => bytes.subarray(skip(length), at),
    isAtEnd: () => at === bytes.length,
  };
}

type Reader = ReturnType<typeof reader>;

/** A name without compression, which has nothing to point to in a question. */
function readName(from: Reader): string[] {
  const labels: string[] = [];
  let total = 1;
  for (let length = from.byte(); length > 0; length = from.byte()) {
    total += length + 1;
    if (length > LABEL_BYTES_MAX || total > NAME_BYTES_MAX) throw new Malformed();
    labels.push(from.bytes(length).toString('latin1').toLowerCase().replace(ODD, '?'));
  }
  return labels;
}

/** What begins a pointer to another name, which ends a name. */
const POINTER = 0xc0;

/** Passes the name of a record; true if it is the root. */
function skipName(from: Reader): boolean {
  let length = from.byte();
  if (length === 0) return true;
  while (length > 0 && length < POINTER) {
    if (length > LABEL_BYTES_MAX) throw new Malformed();
    from.bytes(length);
    length = from.byte();
  }
  if (length >= POINTER) from.byte();
  return false;
}

const BITS_MAX = [0, 32, 128] as const;

const isFamily = (family: number): family is 0 | 1 | 2 => family >= 0 && family <= 2;

/** Whether all bits behind the prefix are 0, and no byte is missing or too many. */
function isPrefix(prefix: Uint8Array, bits: number): boolean {
  const rest = prefix.length * 8 - bits;
  return rest >= 0 && rest < 8 && ((prefix.at(-1) ?? 0) & ((1 << rest) - 1)) === 0;
}

function readSubnet(option: Buffer): ClientSubnet | 'malformed' {
  if (option.length < 4) return 'malformed';
  const [family, prefixLength] = [option.readUInt16BE(0), option.readUInt8(2)];
  const prefix = option.subarray(4);
  if (!isFamily(family) || option.readUInt8(3) !== 0) return 'malformed';
  if (prefixLength > BITS_MAX[family] || !isPrefix(prefix, prefixLength)) return 'malformed';
  return { family, prefixLength, prefix };
}

function readOptions(data: Buffer): Edns['subnet'] {
  const from = reader(data);
  let subnet: Edns['subnet'];
  while (!from.isAtEnd()) {
    const [code, length] = [from.word(), from.word()];
    const option = from.bytes(length);
    if (code === CLIENT_SUBNET) subnet = readSubnet(option);
  }
  return subnet;
}

/** Reads one record; undefined if it is not EDNS. */
function readEdns(from: Reader): Edns | undefined {
  const isRoot = skipName(from);
  const [type, bytesMax] = [from.word(), from.word()];
  const [, version] = from.bytes(4);
  const data = from.bytes(from.word());
  if (type !== TYPE.OPT) return undefined;
  if (!isRoot || version === undefined) throw new Malformed();
  return { version, bytesMax, subnet: readOptions(data) };
}

function readQuestion(from: Reader, bytes: Buffer): Question {
  const start = from.at;
  const labels = readName(from);
  const [type, number] = [from.word(), from.word()];
  return { labels, type, class: number, bytes: bytes.subarray(start, from.at) };
}

function read(bytes: Buffer): Query | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > QUERY_BYTES_MAX) return undefined;
  const from = reader(bytes);
  const [id, flags, questions] = [from.word(), from.word(), from.word()];
  const records = from.word() + from.word() + from.word();
  // An answer to an answer could go on for ever.
  if ((flags & RESPONSE) !== 0 || questions !== 1 || records > RECORDS_MAX) return undefined;
  const question = readQuestion(from, bytes);
  const found = Array.from({ length: records }, () => readEdns(from)).filter((one) => one);
  if (found.length > 1 || !from.isAtEnd()) return undefined;
  const recursionDesired = (flags & RECURSION_DESIRED) !== 0;
  return { id, opcode: (flags >> 11) & 0xf, recursionDesired, question, edns: found[0] };
}

/** The query in these bytes; undefined if they are malformed, or no query. Never throws. */
export function readQuery(bytes: Buffer): Query | undefined {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
