import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { AuthorKey, AuthorTag, Entry, EntryStamp } from '../../src/gossamer/core/entry.js';
import type {
  DataMessage,
  EdgeOffer,
  Message,
  Route,
  Sighting,
} from '../../src/gossamer/core/message.js';
import type {
  Address,
  Coordinates,
  Member,
  NodeId,
  SourceId,
} from '../../src/gossamer/core/node.js';
import { decodeWith } from '../../src/wire/codec.js';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import {
  dataMessageBytes,
  encodeDataMessage,
  encodeMessage,
  messageBytes,
} from '../../src/wire/encoder.js';
import { dataMessageCodec, messageCodec } from '../../src/wire/message-codec.js';
import { dataMessage, greetingFrame, message, rawFrame } from './support.js';

/** The event of one frame after HELLO: always exactly one. */
function heard(frame: Uint8Array): WireEvent {
  const decoder = createDecoder();
  decoder.push(greetingFrame());
  const [event, ...more] = decoder.push(frame);
  expect(more).toEqual([]);
  return event as WireEvent;
}

const reasonOf = (body: readonly number[], type = 2): string | undefined => {
  const event = heard(rawFrame(type, Uint8Array.from(body)));
  return event.kind === 'malformed' ? event.reason : undefined;
};

/** The codecs as the decoder uses them, without a HELLO before each frame. */
const codecs = {
  message: {
    read: (frame: Uint8Array) => decodeWith(messageCodec, 'message', frame),
    write: (value: Message | DataMessage) => encodeMessage(value as Message),
  },
  data: {
    read: (frame: Uint8Array) => decodeWith(dataMessageCodec, 'data', frame),
    write: (value: Message | DataMessage) => encodeDataMessage(value as DataMessage),
  },
};

const framed = fc.oneof(
  message.map((m) => ({ what: 'message' as const, frame: encodeMessage(m) })),
  dataMessage.map((m) => ({ what: 'data' as const, frame: encodeDataMessage(m) })),
);

const SOURCE = 'a0a1a2a3a4a5a6a7' as SourceId;
const SOURCE_BYTES = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7];
const ID = `b0b1b2b3b4b5b6b7${SOURCE}` as NodeId;
const ID_BYTES = [...SOURCE_BYTES.map((byte) => byte + 0x10), ...SOURCE_BYTES];
const MEMBER: Member = {
  id: ID,
  address: '192.0.2.1:9000' as Address,
  incarnation: 300,
  rendezvous: true,
};
const PLACE: Coordinates = { x: 1.5, y: -2, height: 0.5, error: 1, samples: 3 };
const SIGHTING: Sighting = { member: MEMBER, place: PLACE };
const OFFER: EdgeOffer = {
  rttMs: 100,
  addGainMs: 2.5,
  acceptGainMs: null,
  place: PLACE,
  leaves: null,
};
const ROUTE: Route = {
  scx: ID,
  stamp: 1,
  costMs: 2.5,
  path: [ID],
  sources: [{ id: SOURCE, priority: 7, epoch: 3 }],
};

const TAG = 'a0a1a2a3a4a5a6a7' as AuthorTag;
const STAMP: EntryStamp = { author: TAG, slot: 256, issuedMs: 300 };
const ENTRY: Entry = {
  author: TAG.repeat(4) as AuthorKey,
  slot: 1,
  issuedMs: 300,
  lifeMs: 2,
  body: Uint8Array.of(9, 8),
  signature: new Uint8Array(64).fill(7),
};
const ENTRY_HEX = `${TAG.repeat(4)}01ac0202020908${'07'.repeat(64)}`;

const entriesOf = (more: Partial<Entry>): Message => ({
  ...{ kind: 'entries', isNews: true, entries: [{ ...ENTRY, ...more }] },
});

const many = <T>(count: number, item: T): T[] => new Array(count).fill(item);

describe('Message bytes', () => {
  const hex = (frame: Uint8Array): string => Buffer.from(frame.subarray(5)).toString('hex');
  const id = 'b0b1b2b3b4b5b6b7a0a1a2a3a4a5a6a7';
  const source = 'a0a1a2a3a4a5a6a7';
  const member = `${id}00c00002012328ac0201`;
  const route = `${id}01a00101${id}01${source}070c`;
  const place = '303f20ff03';
  const digest = { salt: 300, bits: Uint8Array.of(1, 2, 3) };
  const discovery = { members: [SIGHTING], deaths: [], generator: ID, digest };
  const response = { members: [], deaths: [MEMBER], generator: null, digest: null };
  const status = { canAccept: true, routes: [ROUTE], generator: null };
  const update = { routes: [], lost: [ID], withdrawn: [{ scx: ID, stamp: 0 }] };
  const cases: [Message, string][] = [
    [{ kind: 'discovery', ...discovery }, `0001${member}${place}0001${id}01ac0203010203`],
    [{ kind: 'discoveryResponse', ...response }, `010001${id}ac020000`],
    [
      { kind: 'notice', notice: { what: 'failed', about: MEMBER, atMs: 0.1, reporter: ID } },
      `0201${member}3fb999999999999a${id}`,
    ],
    [
      { kind: 'keepAlive', worthMs: 2.5, loads: [{ scx: ID, scxs: 5 }], heir: null },
      `03a00101${id}0500`,
    ],
    [
      { kind: 'keepAlive', worthMs: 2.5, loads: [], heir: { id: ID, scxs: 5, distanceMs: 2.5 } },
      `03a0010001${id}05a001`,
    ],
    [{ kind: 'heartbeat', generator: ID, sequence: 128 }, `04${id}8001`],
    [{ kind: 'requestStatus' }, '05'],
    [{ kind: 'status', ...status }, `060101${route}00`],
    [{ kind: 'edgeRequest', ...OFFER }, `07803201a00100${place}00`],
    [
      { kind: 'edgeRequest', ...OFFER, leaves: { id: ID, costs: [{ scx: ID, costMs: 2.5 }] } },
      `07803201a00100${place}01${id}01${id}a001`,
    ],
    [{ kind: 'edgeAccept', reversed: true }, '0801'],
    [{ kind: 'edgeReject' }, '09'],
    [{ kind: 'edgeDrop', instead: null }, '0a00'],
    [{ kind: 'edgeDrop', instead: MEMBER }, `0a01${member}`],
    [{ kind: 'update', whole: true, ...update }, `0b010001${id}01${id}00`],
    [{ kind: 'update', whole: false, ...update }, `0b000001${id}01${id}00`],
    [{ kind: 'ping', nonce: Number.MAX_SAFE_INTEGER }, '0cffffffffffffff0f'],
    [{ kind: 'pong', nonce: 0, place: PLACE }, `0d00${place}`],
    [{ kind: 'entries', isNews: true, entries: [ENTRY] }, `0e0101${ENTRY_HEX}`],
    [{ kind: 'entryNews', stamps: [STAMP] }, `0f01${source}8002ac02`],
    [{ kind: 'entryEager', isEager: false }, '1000'],
    [{ kind: 'entryDigest', salt: 1, sum: 2 ** 32 - 1, buckets: null }, '1101ffffffff0f00'],
    [
      { kind: 'entryDigest', salt: 1, sum: 0, buckets: Uint8Array.of(1, 2, 3, 4) },
      '110100010401020304',
    ],
    [{ kind: 'entryHaves', buckets: [255], stamps: [STAMP] }, `1201ff01${source}8002ac02`],
    [{ kind: 'entryWants', ids: [{ author: TAG, slot: 0 }] }, `1301${source}00`],
  ];

  test.each(cases)('of %j are those of this version', (sent, bytes) => {
    expect(hex(encodeMessage(sent))).toBe(bytes);
  });

  const flow = { source: SOURCE, channel: 1 };
  const dataCases: [DataMessage, string][] = [
    [{ kind: 'subscribe', ...flow, from: null }, `00${source}0100`],
    [{ kind: 'subscribe', ...flow, from: 5 }, `00${source}010105`],
    [{ kind: 'subscribed', ...flow, from: 5 }, `01${source}0105`],
    [{ kind: 'unsubscribe', ...flow }, `02${source}01`],
    [{ kind: 'refused', ...flow }, `03${source}01`],
    [{ kind: 'audience', source: SOURCE, listeners: 200 }, `04${source}c801`],
  ];

  test.each(dataCases)('of %j are those of this version', (sent, bytes) => {
    expect(hex(encodeDataMessage(sent))).toBe(bytes);
  });

  test('have the length that is given without writing them', () => {
    fc.assert(
      fc.property(message, dataMessage, (sent, data) => {
        expect(messageBytes(sent)).toBe(encodeMessage(sent).length);
        expect(dataMessageBytes(data)).toBe(encodeDataMessage(data).length);
      }),
      { numRuns: 1000 },
    );
  });

  test('have the given length also for spans that the wire rounds or cuts', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (rttMs) => {
        const sent = { kind: 'edgeRequest', ...OFFER, rttMs } as const;
        expect(messageBytes(sent)).toBe(encodeMessage(sent).length);
      }),
    );
  });
});

describe('Message codec of hostile entries', () => {
  test('a slot beyond the last one, and a life of more than 48 h, are malformed', () => {
    expect(reasonOf([0x0f, 1, ...SOURCE_BYTES, 0x81, 2, 1])).toBe(
      'message.stamps.0.slot: more than 256',
    );
    const frame = encodeMessage(entriesOf({ lifeMs: 48 * 3_600_000 }));
    const at = frame.indexOf(0x80, 5 + 3 + 32 + 3); // the lowest digit of the life
    frame[at] = (frame[at] ?? 0) + 1;
    expect(reasonOf([...frame.subarray(5)])).toBe('message.entries.0.lifeMs: more than 172800000');
  });

  test('a body of more than 3072 bytes is not sent, and not read', () => {
    const long = entriesOf({ body: new Uint8Array(3073) });
    expect(() => encodeMessage(long)).toThrow('more bytes than peers accept');
    const at = 3 + 32 + 1 + 2 + 1; // kind, flag, number; author, slot, issue, life
    const frame = encodeMessage(entriesOf({ body: new Uint8Array(3072) }));
    frame[5 + at] = 0x81; // 3073
    expect(reasonOf([...frame.subarray(5)])).toBe('message.entries.0.body: more than 3072');
  });
});

describe('Message codec of hostile bytes', () => {
  /** Names the field and the rule in our own words, whatever the bytes were. */
  const REASON = /^(message|data)(\.\w+)*: [a-zA-Z0-9 :]+$/;

  const TOO_SOON = /: the message ends too soon$/;

  const isSound = (what: keyof typeof codecs, frame: Uint8Array): void => {
    const found = codecs[what].read(frame);
    // One comparison of texts: an assertion about each of some 100,000 frames takes long.
    const reason = found.ok ? '' : found.problems.join();
    const isSame = found.ok && Buffer.compare(codecs[what].write(found.value), frame) === 0;
    if (!isSame && !REASON.test(reason))
      expect.fail(`${Buffer.from(frame).toString('hex')}: ${reason}`);
  };

  test('every truncation is malformed, and so is an additional byte', () => {
    fc.assert(
      fc.property(framed, ({ what, frame }) => {
        for (let bytes = 5; bytes < frame.length; bytes++) {
          const found = codecs[what].read(frame.subarray(0, bytes));
          if (!found.ok && found.problems.length === 1 && TOO_SOON.test(found.problems[0] ?? '')) {
            continue;
          }
          expect.fail(`${bytes} bytes of ${Buffer.from(frame).toString('hex')}`);
        }
        const longer = codecs[what].read(Uint8Array.of(...frame, 0));
        expect(longer).toEqual({ ok: false, problems: [`${what}: bytes after its end`] });
      }),
    );
  });

  test('a changed byte is malformed, or another message that has no other form', () => {
    fc.assert(
      fc.property(framed, fc.integer({ min: 1, max: 255 }), ({ what, frame }, bits) => {
        for (let at = 5; at < frame.length; at++) {
          const changed = frame.slice();
          changed[at] = (changed[at] as number) ^ bits;
          isSound(what, changed);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('any bytes are malformed, or a message that has no other form', () => {
    const kind = fc.integer({ min: 0, max: 14 });
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        isSound('message', rawFrame(2, Uint8Array.of(first, ...rest)));
        isSound('data', rawFrame(3, Uint8Array.of(first, ...rest)));
      }),
      { numRuns: 2000 },
    );
  });

  const route = [11, 1, 1, ...ID_BYTES, 0, 0];
  test.each([
    ['members: more than 101', [0, 102]],
    ['deaths: more than 100', [0, 0, 101]],
    ['routes: more than 65', [11, 1, 66]],
    ['lost: more than 65', [11, 1, 0, 66]],
    ['withdrawn: more than 64', [11, 1, 0, 0, 65]],
    ['routes.0.path: more than 65', [...route, 66]],
    ['routes.0.sources: more than 16', [...route, 0, 17]],
    ['loads: more than 65', [3, 0, 66]],
    ['digest.bits: more than 512', [0, 0, 0, 0, 1, 0, 0x81, 4]],
    ['digest.bits: the message ends too soon', [0, 0, 0, 0, 1, 0, 3, 1, 2]],
    ['digest.salt: more than 65535', [0, 0, 0, 0, 1, 0x80, 0x80, 4]],
    ['place.x: more than 3200000', [13, 0, 0x81, 0xa8, 0xc3, 1]],
    ['members: a number has too many digits', [0, ...many(9, 0xff)]],
    ['members.0.member.id: the message ends too soon', [0, 101]],
    [
      'members.1.member.address: the message ends too soon',
      [0, 2, ...ID_BYTES, 0, 1, 2, 3, 4, 0, 80, ...many(7, 0), ...ID_BYTES, 200, 97, 97],
    ],
    ['generator: neither 0 nor 1', [0, 0, 0, 2]],
    ['canAccept: neither 0 nor 1', [6, 2]],
    ['reversed: neither 0 nor 1', [8, 2]],
    ['whole: neither 0 nor 1', [11, 2]],
    ['notice.what: unknown', [2, 3]],
    ['nonce: a number is written too long', [12, 0x80, 0]],
    ['nonce: more than 9007199254740991', [12, ...many(7, 0x80), 0x10]],
    ['nonce: a number has too many digits', [12, ...many(8, 0x80), 0]],
  ])('the reason is message.%s', (reason, body) => {
    expect(reasonOf(body)).toBe(`message.${reason}`);
  });

  test('an unknown kind is malformed, and so is a missing one', () => {
    for (const body of [[20], [255]]) expect(reasonOf(body)).toBe('message: of an unknown kind');
    expect(reasonOf([])).toBe('message: the message ends too soon');
    expect(reasonOf([8], 3)).toBe('data: of an unknown kind');
  });

  test('more listeners than the bound are malformed', () => {
    const audience = [4, ...SOURCE_BYTES];
    expect(reasonOf([...audience, 0xff, 0xff, 0xff, 0xff, 0x0f], 3)).toBeUndefined();
    expect(reasonOf([...audience, 0x80, 0x80, 0x80, 0x80, 0x10], 3)).toBe(
      'data.listeners: more than 4294967295',
    );
  });

  test.each([Number.NaN, -1, -0, Number.POSITIVE_INFINITY])('%d is not a time stamp', (atMs) => {
    const frame = encodeMessage({
      kind: 'notice',
      notice: { what: 'left', about: MEMBER, atMs: 1, reporter: ID },
    });
    new DataView(frame.buffer).setFloat64(frame.length - 24, atMs);
    expect(heard(frame)).toMatchObject({ reason: 'message.notice.atMs: not a time stamp' });
  });
});

describe('Message codec of addresses', () => {
  const body = (host: readonly number[], port: number): number[] => [
    ...[0, 1, ...ID_BYTES, ...host, port >> 8, port & 255],
    ...many(10, 0),
  ];
  const asText = (host: string): number[] => [host.length, ...Buffer.from(host, 'latin1')];

  test.each([
    ...['', 'a b', 'a:b', '2001:db8::1', 'a/b', 'user@a.example', 'a'.repeat(254), 'a.example\n'],
    ...['ä.example', 'a\0', '[]', '[a', '[::1%eth0]'],
  ])('the host %j is not taken', (host) => {
    expect(reasonOf(body(asText(host), 9000))).toBeDefined();
  });

  test('port 0 is not taken', () => {
    const reason = 'message.members.0.member.address: not host:port';
    expect(reasonOf(body(asText('a.example'), 0))).toBe(reason);
    expect(reasonOf(body(asText('a.example'), 65_535))).toBeUndefined();
    expect(reasonOf(body([0, 192, 0, 2, 1], 0))).toBe(reason);
    expect(reasonOf(body([0, 192, 0, 2, 1], 1))).toBeUndefined();
    expect(reasonOf(body([255, ...many(16, 0)], 0))).toBe(reason);
    expect(reasonOf(body([255, ...many(16, 0)], 1))).toBeUndefined();
  });

  test.each(['192.0.2.1', '[2001:db8::1]', '[::]'])('%s is taken as bytes only', (host) => {
    const reason = 'message.members.0.member.address: an IP address written as text';
    expect(reasonOf(body(asText(host), 9000))).toBe(reason);
  });

  const bytesOf = (address: string): number => {
    const member = { ...MEMBER, address: address as Address, incarnation: 0 };
    const sent: Message = {
      kind: 'discovery',
      members: [{ member, place: UNKNOWN_COORDINATES }],
      deaths: [],
      generator: null,
      digest: null,
    };
    expect(heard(encodeMessage(sent))).toEqual({ kind: 'message', message: sent });
    return messageBytes(sent) - messageBytes({ ...sent, members: [] }) - 23;
  };

  test.each([
    ['192.0.2.1:65535', 7],
    ['255.255.255.255:1', 7],
    ['[2001:db8::1]:9000', 19],
    ['[::]:9000', 19],
    ['[1:2:3:4:5:6:7:8]:9000', 19],
    ['[2001:db8::1:0:0:0]:9000', undefined],
    ['[2001:DB8::1]:9000', undefined],
    ['[::ffff:192.0.2.1]:9000', undefined],
    ['[::ffff:c000:201]:9000', 19],
    ['[:::::]:9000', undefined],
    ['[1:2:3:4:5:6:7:8:9]:9000', undefined],
    ['01.2.3.4:9000', undefined],
    ['1.2.3.256:9000', undefined],
    ['1.2.3:9000', undefined],
    ['1.2.3.4.:9000', undefined],
    ['1.2.3.4.5:9000', undefined],
    ['a.example:1', undefined],
    [`${'a'.repeat(253)}:9000`, undefined],
  ])('%s comes out as it went in, as bytes where it has one form', (address, bytes) => {
    expect(bytesOf(address)).toBe(bytes ?? 1 + address.lastIndexOf(':') + 2);
  });
});

describe('Message codec of what is told', () => {
  const update = { kind: 'update', whole: true, routes: [], lost: [], withdrawn: [] } as const;
  const lists = { members: [], deaths: [], generator: null, digest: null };
  const discovery = { kind: 'discovery', ...lists } as const;

  test('lists are told up to their bounds', () => {
    const cases: [number, (count: number) => Message][] = [
      [101, (n) => ({ ...discovery, members: many(n, SIGHTING) })],
      [100, (n) => ({ ...discovery, deaths: many(n, MEMBER) })],
      [65, (n) => ({ ...update, routes: many(n, ROUTE) })],
      [64, (n) => ({ ...update, withdrawn: many(n, { scx: ID, stamp: 0 }) })],
      [65, (n) => ({ ...update, routes: [{ ...ROUTE, path: many(n, ID) }] })],
      [16, (n) => ({ ...update, routes: [{ ...ROUTE, sources: many(n, ROUTE.sources[0]!) }] })],
      [65, (n) => ({ ...update, lost: many(n, ID) })],
      [
        65,
        (n) => ({
          kind: 'keepAlive',
          worthMs: 0,
          loads: many(n, { scx: ID, scxs: 1 }),
          heir: null,
        }),
      ],
      [512, (n) => ({ ...discovery, digest: { salt: 0, bits: new Uint8Array(n) } })],
    ];
    for (const [most, build] of cases) {
      expect(heard(encodeMessage(build(most)))).toMatchObject({ kind: 'message' });
      expect(() => encodeMessage(build(most + 1))).toThrow('assertion failed');
    }
  });

  test('the longest message fills its frame, and is taken', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const listing = { key: new Uint8Array(32), signature: new Uint8Array(64) };
    const route: Route = {
      ...{ scx: ID, stamp: most, costMs: most, path: many(65, ID) },
      sources: many(16, {
        ...{ id: SOURCE, priority: 255, epoch: most },
        statement: { timeMs: 2 ** 48 - 1, signature: new Uint8Array(64) },
        listing,
      }),
    };
    const longest = {
      ...update,
      routes: many(65, route),
      lost: many(65, ID),
      withdrawn: many(64, { scx: ID, stamp: most, listing }),
    };
    const frame = encodeMessage(longest);
    expect(frame.length - 5).toBe(messageCodec.bytesMax);
    expect(heard(frame)).toMatchObject({ kind: 'message' });
  });

  test('a span is told to 1/128 ms', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (rttMs) => {
        const event = heard(encodeMessage({ kind: 'edgeRequest', ...OFFER, rttMs }));
        const told = (event as { message: { rttMs: number } }).message.rttMs;
        expect(Math.abs(told - rttMs)).toBeLessThanOrEqual(1 / 128);
      }),
    );
  });

  test('numbers beyond what the wire takes are cut to it', () => {
    for (const rttMs of [1e300, Number.POSITIVE_INFINITY]) {
      const rttMsMax = Number.MAX_SAFE_INTEGER / 64;
      const frame = encodeMessage({ kind: 'edgeRequest', ...OFFER, rttMs });
      expect(heard(frame)).toMatchObject({ message: { rttMs: rttMsMax } });
    }
    for (const listeners of [2 ** 53, Number.POSITIVE_INFINITY]) {
      const frame = encodeDataMessage({ kind: 'audience', source: SOURCE, listeners });
      expect(heard(frame)).toMatchObject({ message: { listeners: 2 ** 32 - 1 } });
    }
    const frame = encodeMessage({ kind: 'ping', nonce: 2 ** 53 });
    expect(heard(frame)).toMatchObject({ message: { nonce: Number.MAX_SAFE_INTEGER } });
  });

  test('what nobody would take is not told', () => {
    const faulty: Message[] = [
      { kind: 'ping', nonce: Number.NaN },
      { kind: 'ping', nonce: 1.5 },
      { kind: 'edgeRequest', ...OFFER, rttMs: Number.NaN },
      { kind: 'edgeRequest', ...OFFER, addGainMs: Number.NaN },
      { kind: 'pong', nonce: 0, place: { ...PLACE, x: Number.NaN } },
      { kind: 'pong', nonce: 0, place: { ...PLACE, error: Number.NaN } },
      { ...discovery, generator: 'me' as NodeId },
      {
        ...discovery,
        members: [{ ...SIGHTING, member: { ...MEMBER, address: 'a.example' as Address } }],
      },
      { kind: 'notice', notice: { what: 'left', about: MEMBER, atMs: -1, reporter: ID } },
    ];
    for (const each of faulty) expect(() => encodeMessage(each)).toThrow('assertion failed');
  });
});
