/** Messages of DNS, read and written; dns-packet, which others have made, writes and reads the other side. */
import packet from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DnsRecord,
  emptyReply,
  type Query,
  RCODE,
  TYPE,
} from '../../../src/redirector/dns/message.js';
import { readQuery } from '../../../src/redirector/dns/read-query.js';
import { udpBytesMax, writeReply } from '../../../src/redirector/dns/write-reply.js';

type Options = packet.PacketOpt[];

const edns = (options: Options = [], udpPayloadSize = 4096, ednsVersion = 0) =>
  ({
    ...{ type: 'OPT', name: '.', udpPayloadSize, extendedRcode: 0, ednsVersion, flags: 0 },
    ...{ flag_do: false, options },
  }) as packet.OptAnswer;

const ask = (name: string, type: packet.RecordType = 'A', additionals: packet.OptAnswer[] = []) =>
  packet.encode({
    ...{ type: 'query', id: 4711, flags: packet.RECURSION_DESIRED },
    ...{ questions: [{ name, type }], additionals },
  });

function queryOf(bytes: Buffer): Query {
  const query = readQuery(bytes);
  if (query === undefined) throw new Error('it was not read');
  return query;
}

const subnet = (ip: string, sourcePrefixLength: number): Options => [
  { code: 8, ip, sourcePrefixLength, scopePrefixLength: 0 } as packet.PacketOpt,
];

/** The bytes of an EDNS client subnet, as dns-packet would not write them. */
const withSubnet = (option: readonly number[]): Buffer => {
  const whole = ask('radio.example', 'A', [edns()]);
  const data = Buffer.from([0, 8, 0, option.length, ...option]);
  const length = Buffer.from([0, data.length]);
  return Buffer.concat([whole.subarray(0, -2), length, data]);
};

describe('A query is read', () => {
  test('with its question in lower case, and as it came', () => {
    const { id, question, recursionDesired, edns: none } = queryOf(ask('NiGht.Radio.example'));
    expect([id, recursionDesired, none]).toEqual([4711, true, undefined]);
    expect(question).toMatchObject({
      labels: ['night', 'radio', 'example'],
      type: TYPE.A,
      class: 1,
    });
    expect(Buffer.from(question.bytes).toString('latin1')).toContain('NiGht');
  });

  test('with EDNS and the network of the client', () => {
    const query = queryOf(ask('radio.example', 'AAAA', [edns(subnet('198.51.100.0', 24), 1400)]));
    expect(query.edns).toEqual({
      ...{ version: 0, bytesMax: 1400 },
      subnet: { family: 1, prefixLength: 24, prefix: Buffer.from([198, 51, 100]) },
    });
    const six = queryOf(ask('radio.example', 'A', [edns(subnet('2001:db8:1::', 48))]));
    expect(six.edns?.subnet).toMatchObject({ family: 2, prefixLength: 48 });
  });

  test('with labels that no name of ours has, which equal none', () => {
    const bytes = ask('radio.example');
    bytes[15] = '.'.charCodeAt(0);
    expect(queryOf(bytes).question.labels).toEqual(['ra?io', 'example']);
  });

  test.each([
    ['of another family', [0, 3, 24, 0, 1, 2, 3]],
    ['with a scope', [0, 1, 24, 24, 1, 2, 3]],
    ['with too long a prefix', [0, 1, 33, 0, 1, 2, 3, 4, 5]],
    ['with too few bytes', [0, 1, 24, 0, 1, 2]],
    ['with too many bytes', [0, 1, 24, 0, 1, 2, 3, 4]],
    ['with bits behind the prefix', [0, 1, 20, 0, 1, 2, 3]],
    ['without a prefix length', [0, 1]],
  ])('with a network %s, which is told to be malformed', (_what, option) => {
    expect(queryOf(withSubnet(option)).edns?.subnet).toBe('malformed');
  });
});

describe('No query is read', () => {
  const good = ask('radio.example', 'A', [edns()]);
  const changed = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(good);
    copy.set(bytes, at);
    return copy;
  };

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a header', good.subarray(0, 12)],
    ['an answer', changed(2, 0x80)],
    ['no question', changed(4, 0, 0)],
    ['two questions', changed(4, 0, 2)],
    ['ten thousand records', changed(10, 0x27, 0x10)],
    ['a pointer in the question, to itself', changed(12, 0xc0, 0x0c)],
    ['a label of 64 bytes', changed(12, 64)],
    ['bytes behind the end', Buffer.concat([good, Buffer.from([0])])],
    ['less than it says', good.subarray(0, -1)],
    ['more than any resolver sends', Buffer.concat([good, Buffer.alloc(5000)])],
  ])('where there is %s', (_what, bytes) => {
    expect(readQuery(bytes)).toBeUndefined();
  });

  test('where a name is longer than 255 bytes', () => {
    const label = [63, ...Array.from({ length: 63 }, () => 0x61)];
    const bytes = [...label, ...label, ...label, ...label, 0, 0, 1, 0, 1];
    expect(readQuery(Buffer.concat([good.subarray(0, 10), Buffer.from([0, 0, ...bytes])]))).toBe(
      undefined,
    );
  });

  test('whatever bytes come, none of them throw, and a changed query is read or dropped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readQuery(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        readQuery(changed(at, byte));
      }),
    );
  });
});

const address = (name: string, of: string): DnsRecord => ({
  ...{ name, ttl: 5, type: of.includes(':') ? 'AAAA' : 'A', address: of },
});

describe('A reply is written', () => {
  const query = queryOf(ask('NIGHT.redirect.example', 'A', [edns(subnet('198.51.100.0', 24))]));

  test('as others read it: with the question as it came, records, and the scope of the network', () => {
    const service: DnsRecord = {
      ...{ name: '_scattercast._tcp.redirect.example', ttl: 5, type: 'SRV', priority: 10 },
      ...{ weight: 7, port: 8000, target: 'c-1.redirect.example' },
    };
    const soa: DnsRecord = {
      ...{ name: 'redirect.example', ttl: 5, type: 'SOA', primary: 'ns.redirect.example' },
      ...{ mailbox: 'hostmaster.redirect.example', serial: 9, minimum: 5 },
    };
    const bytes = writeReply(
      query,
      {
        rcode: RCODE.noError,
        answers: [address('night.redirect.example', '192.0.2.1'), service],
        authority: [
          soa,
          { name: 'redirect.example', ttl: 9, type: 'NS', host: 'ns.redirect.example' },
        ],
        additional: [address('c-1.redirect.example', '2001:db8::1')],
        isForNetwork: true,
      },
      1232,
    );
    const read = packet.decode(bytes);
    expect(read).toMatchObject({ id: 4711, flag_aa: true, flag_rd: true, flag_ra: false });
    expect(read.questions).toMatchObject([{ name: 'NIGHT.redirect.example', type: 'A' }]);
    expect(read.answers).toMatchObject([
      { name: 'NIGHT.redirect.example', type: 'A', ttl: 5, data: '192.0.2.1' },
      {
        ...{ name: '_scattercast._tcp.redirect.example', type: 'SRV' },
        data: { priority: 10, weight: 7, port: 8000, target: 'c-1.redirect.example' },
      },
    ]);
    expect(read.authorities).toMatchObject([
      { type: 'SOA', data: { mname: 'ns.redirect.example', serial: 9, minimum: 5 } },
      { type: 'NS', data: 'ns.redirect.example' },
    ]);
    expect(read.additionals).toMatchObject([
      { name: 'c-1.redirect.example', type: 'AAAA', data: '2001:db8::1' },
      { type: 'OPT', options: [{ sourcePrefixLength: 24, scopePrefixLength: 24 }] },
    ]);
  });

  test('for all networks, if it is the same everywhere; and without EDNS for those that have none', () => {
    const everywhere = writeReply(query, emptyReply(RCODE.noError), 1232);
    const [opt] = packet.decode(everywhere).additionals ?? [];
    expect(opt).toMatchObject({ options: [{ scopePrefixLength: 0, ip: '198.51.100.0' }] });
    const plain = writeReply(queryOf(ask('x.example')), emptyReply(RCODE.refused), 512);
    expect(packet.decode(plain)).toMatchObject({
      rcode: 'REFUSED',
      flag_aa: false,
      additionals: [],
    });
  });

  test('for the prefix that was told, if that is shorter', () => {
    const short = queryOf(ask('x.example', 'A', [edns(subnet('198.48.0.0', 13))]));
    const reply = { ...emptyReply(RCODE.noError), isForNetwork: true };
    const [opt] = packet.decode(writeReply(short, reply, 512)).additionals ?? [];
    expect(opt).toMatchObject({ options: [{ sourcePrefixLength: 13, scopePrefixLength: 13 }] });
  });

  test('with an extended code: the version of EDNS is not known', () => {
    const other = queryOf(ask('x.example', 'A', [edns([], 4096, 1)]));
    expect(other.edns?.version).toBe(1);
    const read = packet.decode(writeReply(other, emptyReply(RCODE.badVers), 512));
    expect(read).toMatchObject({ rcode: 'NOERROR', additionals: [{ extendedRcode: 1 }] });
  });

  const many = Array.from({ length: 60 }, (_, index) =>
    address('night.redirect.example', `192.0.2.${index}`),
  );

  test('without what may be left out if the room is short, and cut if that is not enough', () => {
    const reply = { ...emptyReply(RCODE.noError), answers: many.slice(0, 20) };
    const whole = writeReply(query, { ...reply, additional: many }, 1232);
    expect(packet.decode(whole)).toMatchObject({ flag_tc: false, answers: { length: 20 } });
    expect(packet.decode(whole).additionals).toHaveLength(1);
    const cut = writeReply(query, { ...reply, answers: many }, 512);
    expect(packet.decode(cut)).toMatchObject({ flag_tc: true, answers: [], authorities: [] });
    expect(cut.length).toBeLessThanOrEqual(512);
  });

  test('in no more bytes than the asker takes, and than pass every network', () => {
    const limitOf = (bytes: Buffer) => udpBytesMax(queryOf(bytes));
    expect(limitOf(ask('x.example'))).toBe(512);
    expect(limitOf(ask('x.example', 'A', [edns([], 100)]))).toBe(512);
    expect(limitOf(ask('x.example', 'A', [edns([], 1000)]))).toBe(1000);
    expect(limitOf(ask('x.example', 'A', [edns([], 65_000)]))).toBe(1232);
  });
});
