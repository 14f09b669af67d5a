import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/gossamer/core/effects.js';
import type { Adu, Source } from '../../../src/gossamer/core/node.js';
import { createAduAdmission } from '../../../src/scx/sources/adu-admission.js';
import { createAttachedSources } from '../../../src/scx/sources/attached-sources.js';
import { createSessionChannels } from '../../../src/scx/sources/session-channels.js';
import type { SourceClient, SourceClientEvents } from '../../../src/scx/sources/source-client.js';
import { renditionChannel } from '../../../src/session/renditions.js';
import { STATION } from '../../session/signed.js';
import { audioAdu, FRAME_MS, range, source, sourceId, titleAdu } from '../support.js';

describe('The admission of ADUs', () => {
  const channels = createSessionChannels([{ id: 1 }, { id: 2 }, { id: 7, rateKbps: 80 }]);
  const create = () => createAduAdmission(sourceId('a'), channels, 0);

  test('takes renditions that are announced, as whole frames and as fast as the sound', () => {
    const admission = createAduAdmission(sourceId('a'), channels, 0, () => [64]);
    const made = (kbps: 64 | 32, sequence: number, payload?: Buffer) => ({
      ...audioAdu('a', sequence, payload),
      channel: renditionChannel(kbps),
    });
    expect(admission(made(64, 0), 0).kind).toBe('publish');
    expect(admission(made(64, 1, Buffer.from('no frame')), 0).kind).toBe('drop');
    expect(admission(made(32, 0), 0).kind).toBe('drop');
    const hour = range(2, Math.ceil(3_600_000 / FRAME_MS));
    const taken = hour.filter((sequence) => admission(made(64, sequence), 0).kind === 'publish');
    expect(taken.length * FRAME_MS).toBeLessThan(31_000);
  });

  test('takes a channel that is announced while the client is connected, at its rate', () => {
    const session = createSessionChannels([{ id: 1 }]);
    const admission = createAduAdmission(sourceId('a'), session, 0);
    const slide = (sequence: number): Adu => ({
      ...audioAdu('a', sequence, new Uint8Array(60_000)),
      channel: 9,
    });
    expect(createAduAdmission(sourceId('a'), session, 0)(slide(0), 0)).toEqual({
      kind: 'close',
      reason: 'the announcement has no channel 9',
    });
    session.update([{ id: 1 }, { id: 9, rateKbps: 8 }]);
    expect(admission(slide(0), 0)).toMatchObject({ kind: 'publish' });
    expect(admission(slide(1), 0)).toEqual({
      kind: 'close',
      reason: 'channel 9 may carry 8 kbit/s, as the announcement says',
    });
  });

  test('publishes a valid ADU', () => {
    const adu = audioAdu('a', 3);
    expect(create()(adu, 0)).toEqual({ kind: 'publish', adu });
  });

  test.each([
    ['of another source', audioAdu('b', 0)],
    ['on a channel of the radio that is not announced', { ...audioAdu('a', 0), channel: 3 }],
    ['that is half a frame', audioAdu('a', 0, audioAdu('a', 0).payload.subarray(0, 200))],
    ['that is no frame', audioAdu('a', 0, Buffer.from('hello'))],
    ['with a notice that is too long', titleAdu('a', 'x'.repeat(5000), 0)],
  ])('drops an ADU %s', (_what, adu) => {
    expect(create()(adu, 0)).toEqual({ kind: 'drop' });
  });

  test('drops numbers that do not grow, for each channel by itself', () => {
    const admission = create();
    const kinds = [5, 6, 6, 4, 9].map((sequence) => admission(audioAdu('a', sequence), 0).kind);
    expect(kinds).toEqual(['publish', 'publish', 'drop', 'drop', 'publish']);
    expect(admission(titleAdu('a', 'x', 0, 0), 0).kind).toBe('publish');
  });

  test('closes a client that sends much faster than real time', () => {
    const admission = create();
    const kinds = range(0, 2000).map((n) => admission(audioAdu('a', n), n).kind);
    const closed = kinds.indexOf('close');
    expect(closed * FRAME_MS).toBeGreaterThan(30_000);
    expect(closed * FRAME_MS).toBeLessThan(34_000);
  });

  test('takes real time for an hour from a clock that is 1 % fast: 36 s ahead at its end', () => {
    const admission = create();
    const kinds = range(0, 140_000).map(
      (n) => admission(audioAdu('a', n), n * FRAME_MS * 0.99).kind,
    );
    expect(new Set(kinds)).toEqual(new Set(['publish']));
  });

  test.each([
    [4096, 'publish'],
    [4097, 'drop'],
  ])('takes a notice of at most 4096 bytes: %d, %s', (bytes, kind) => {
    const empty = titleAdu('a', '', 0).payload.length;
    expect(create()(titleAdu('a', 'x'.repeat(bytes - empty), 0), 0).kind).toBe(kind);
  });

  test('closes a client that sends on a channel that is not announced, and says so', () => {
    const verdict = create()({ ...audioAdu('a', 0), channel: 9 }, 0);
    expect(verdict).toEqual({ kind: 'close', reason: 'the announcement has no channel 9' });
  });

  test('takes anything on a further channel, at the rate that the announcement lets it have', () => {
    const admission = create();
    // 80 kbit/s are 10 bytes a millisecond.
    const kinds = (count: number, everyMs: number, from: number) =>
      range(from, from + count).map((n) => {
        const adu = { ...audioAdu('a', n, Buffer.alloc(10_000, n)), channel: 7 };
        return admission(adu, n * everyMs);
      });
    expect(new Set(kinds(100, 1000, 0).map(({ kind }) => kind))).toEqual(new Set(['publish']));
    const reason = 'channel 7 may carry 80 kbit/s, as the announcement says';
    expect(kinds(100, 500, 2000)).toContainEqual({ kind: 'close', reason });
  });

  test('drops titles that come in a flood, and takes them again later', () => {
    const admission = create();
    const text = 'x'.repeat(1000);
    const kinds = range(0, 1000).map((n) => admission(titleAdu('a', text, 0, n), n).kind);
    // 64 KiB at once, and 4 bytes per ms.
    expect(kinds.filter((kind) => kind === 'publish')).toHaveLength(68);
    expect(admission(titleAdu('a', text, 0, 5000), 60_000).kind).toBe('publish');
  });
});

/** A source client on the far side of a connection. */
function client(of: Source) {
  const said: unknown[] = [];
  let events: SourceClientEvents | undefined;
  const connection: SourceClient = {
    source: of,
    key: STATION.key,
    remoteAddress: '127.0.0.1:1234',
    listen: (registered) => {
      events = registered;
    },
    sendAlive: (audience) => said.push({ kind: 'alive', ...audience }),
    sendWanted: (channels) => said.push({ kind: 'wanted', channels }),
    sendLeaving: () => said.push({ kind: 'leaving' }),
    close: (reason) => said.push(`closed: ${reason ?? ''}`),
  };
  return {
    connection,
    said,
    send: (adu: Adu) => events?.onAdu(adu),
    say: (kind: 'keepAlive' | 'amLeaving') =>
      kind === 'keepAlive' ? events?.onKeepAlive() : events?.onLeaving(),
    state: (newer: Source) => events?.onStated(newer),
    break: () => events?.onClose('reset'),
  };
}

function room() {
  let now = 0;
  const fed: Input[] = [];
  const sources = createAttachedSources({
    channels: createSessionChannels([{ id: 1 }, { id: 2 }]),
    feed: (input) => void fed.push(input),
    audience: () => ({ listeners: 7, scxListeners: 2 }),
    now: () => now,
    attended: () => now,
    log: pino({ enabled: false }),
  });
  return {
    sources,
    fed,
    kinds: () => fed.map((input) => input.kind),
    pass: (ms: number) => {
      for (const until = now + ms; now < until; now += 250) sources.tick();
    },
  };
}

describe('Attached sources (§2.5)', () => {
  test('announces a client and publishes what it sends', () => {
    const { sources, kinds } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.send(audioAdu('a', 0));
    studio.send(audioAdu('b', 1));
    expect(kinds()).toEqual(['announceSource', 'publish']);
    expect(sources.counters).toMatchObject({ attached: 1, published: 1, dropped: 1 });
  });

  test('announces a source again with a newer statement, while it is connected', () => {
    const { sources, fed } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    const newer = { ...source('a'), statement: { timeMs: 2, signature: new Uint8Array(64) } };
    studio.state(newer);
    expect(fed.at(-1)).toEqual({ kind: 'announceSource', source: newer });
    studio.break();
    studio.state(newer);
    expect(fed).toHaveLength(2);
  });

  test('attaches each epoch of a source once, also when the source has ended', () => {
    const { sources, kinds } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.say('amLeaving');
    const again = client(source('a'));
    sources.handleClient(again.connection);
    expect(again.said).toEqual(['closed: this source has ended']);
    expect(kinds()).toEqual(['announceSource', 'withdrawSource']);
    sources.handleClient(client(source('a', 100, 2)).connection);
    expect(sources.count).toBe(1);
  });

  test('ends a client that sends on a channel that is not announced, and tells it why', () => {
    const { sources, fed } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.send({ ...audioAdu('a', 0), channel: 9 });
    expect(studio.said).toEqual(['closed: the announcement has no channel 9']);
    expect(fed).toHaveLength(1);
    expect(sources.counters.dropped).toBe(1);
  });

  test('answers KEEP_ALIVE with the audience', () => {
    const { sources } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.say('keepAlive');
    expect(studio.said).toEqual([{ kind: 'alive', listeners: 7, scxListeners: 2 }]);
  });

  test('withdraws at once on AM_LEAVING', () => {
    const { sources, kinds } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.say('amLeaving');
    studio.break();
    expect(kinds()).toEqual(['announceSource', 'withdrawSource']);
    expect(sources.count).toBe(0);
  });

  test('withdraws a client that broke off, after a grace', () => {
    const { sources, kinds, pass } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    studio.break();
    pass(5000);
    expect(kinds()).toEqual(['announceSource']);
    pass(500);
    expect(kinds()).toEqual(['announceSource', 'withdrawSource']);
  });

  test('withdraws a client that fell silent, not one that sends KEEP_ALIVE', () => {
    const { sources, kinds, pass } = room();
    const [silent, speaker] = [client(source('a')), client(source('b'))];
    sources.handleClient(silent.connection);
    sources.handleClient(speaker.connection);
    for (const _second of range(0, 12)) {
      speaker.say('keepAlive');
      pass(1000);
    }
    expect(silent.said).toEqual(['closed: it fell silent']);
    expect(kinds()).toEqual(['announceSource', 'announceSource', 'withdrawSource']);
    expect(sources.count).toBe(1);
  });

  test('loses a client after five seconds without a message, not earlier', () => {
    const { sources, pass } = room();
    const silent = client(source('a'));
    sources.handleClient(silent.connection);
    pass(5250); // until the tick at 5000 ms
    expect(silent.said).toEqual([]);
    pass(250);
    expect(silent.said).toEqual(['closed: it fell silent']);
  });

  test('takes a client back that returns in time', () => {
    const { sources, kinds, pass } = room();
    const before = client(source('a', 100, 1));
    const after = client(source('a', 100, 2));
    sources.handleClient(before.connection);
    before.break();
    pass(3000);
    sources.handleClient(after.connection);
    for (const _second of range(0, 10)) {
      after.say('keepAlive');
      pass(1000);
    }
    expect(kinds()).toEqual(['announceSource', 'announceSource']);
    expect(sources.counters.resumed).toBe(1);
  });

  test('lets a higher epoch take over, and ignores the old connection', () => {
    const { sources, kinds } = room();
    const before = client(source('a', 100, 1));
    const after = client(source('a', 100, 2));
    sources.handleClient(before.connection);
    sources.handleClient(after.connection);
    expect(before.said).toEqual(['closed: the source came back on another connection']);
    before.send(audioAdu('a', 0));
    before.say('amLeaving');
    before.break();
    after.send(audioAdu('a', 0));
    expect(kinds()).toEqual(['announceSource', 'announceSource', 'publish']);
    expect(sources.count).toBe(1);
  });

  test.each([1, 2])('refuses the same source with epoch %d when it has 2', (epoch) => {
    const { sources, kinds } = room();
    sources.handleClient(client(source('a', 100, 2)).connection);
    const second = client(source('a', 100, epoch));
    sources.handleClient(second.connection);
    expect(second.said).toEqual(['closed: this source is attached here already']);
    expect(kinds()).toEqual(['announceSource']);
  });

  test('refuses clients beyond its limit', () => {
    const { sources } = room();
    const clients = range(0, 17).map((n) =>
      client({ ...source('a'), id: n.toString(16).padStart(16, '0') as never }),
    );
    for (const { connection } of clients) sources.handleClient(connection);
    expect(sources.count).toBe(16);
    expect(clients[16]?.said).toEqual(['closed: too many sources are attached here']);
  });

  test('tells all clients that this SCX is leaving', () => {
    const { sources } = room();
    const studio = client(source('a'));
    sources.handleClient(studio.connection);
    sources.tellLeaving();
    expect(studio.said).toEqual([{ kind: 'leaving' }]);
  });

  test('withdraws a client that is not told to leave as soon as its connection ends', () => {
    const { sources, kinds } = room();
    const [encoder, studio] = [client(source('a')), client(source('b'))];
    for (const { connection } of [encoder, studio]) sources.handleClient(connection);
    sources.tellLeaving((id) => id === sourceId('b'));
    expect(encoder.said).toEqual([]);
    for (const each of [encoder, studio]) each.break();
    expect(kinds()).toEqual(['announceSource', 'announceSource', 'withdrawSource']);
    expect([sources.has(sourceId('a')), sources.has(sourceId('b'))]).toEqual([false, true]);
  });
});
