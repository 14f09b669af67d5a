/**
 * Writes databases of addresses in MaxMind's format (MMDB 2.0), small ones for tests: networks whose first
 * bytes decide, each with a record.
 */

type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

/** A field's control bytes: its type, and its size. */
const control = (type: number, size: number): Buffer =>
  type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);

function encode(value: Value): Buffer {
  if (typeof value === 'number' && (value < 0 || !Number.isInteger(value))) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(3, 8), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (typeof value === 'string') {
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([control(11, value.length), ...value.map((one) => encode(one as Value))]);
  }
  const fields = Object.entries(value as { readonly [name: string]: Value });
  const parts = fields.flatMap(([name, one]) => [encode(name), encode(one)]);
  return Buffer.concat([control(7, fields.length), ...parts]);
}

/**
 * A database; the networks are first bytes: `{127: record}` is 127.0.0.0/8, `{'127.0.0.1': record}` one address, and
 * in one of version 6 `{32: record}` is 2000::/8. None may contain another one.
 */
export function tinyMmdb(networks: Readonly<Record<string, Value>>, version: 4 | 6 = 4): Buffer {
  const nodes: [number, number][] = [[-1, -1]];
  const data: Buffer[] = [];
  let size = 0;
  /** Where each record is; they are told from nodes once the number of those is known. */
  const leaves: { node: number; bit: number; offset: number }[] = [];
  for (const [bytes, record] of Object.entries(networks)) {
    let node = 0;
    const bits = bytes.split('.').flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')]);
    for (const [depth, digit] of bits.entries()) {
      const bit = Number(digit);
      const pair = nodes[node] as [number, number];
      if (depth === bits.length - 1) leaves.push({ node, bit, offset: size });
      else if (pair[bit] === -1) pair[bit] = nodes.push([-1, -1]) - 1;
      node = pair[bit] ?? 0;
    }
    const encoded = encode(record);
    data.push(encoded);
    size += encoded.length;
  }
  const count = nodes.length;
  for (const { node, bit, offset } of leaves) {
    (nodes[node] as [number, number])[bit] = count + 16 + offset;
  }
  const tree = Buffer.alloc(count * 6);
  for (const [index, pair] of nodes.entries()) {
    for (const [bit, target] of pair.entries()) {
      tree.writeUIntBE(target === -1 ? count : target, index * 6 + bit * 3, 3);
    }
  }
  const about = {
    ...{ node_count: count, record_size: 24, ip_version: version, binary_format_major_version: 2 },
    ...{ binary_format_minor_version: 0, database_type: 'Test', build_epoch: 1 },
    ...{ languages: ['en'], description: { en: 'Test' } },
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, encode(about)]);
}
