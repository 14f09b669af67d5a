/** The overlay of a session as operators see it: a real front end, and an SCX that tells what it sees. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  type OverlayLine,
  parseRecordLine,
  RECORD_LINE_MAX,
  type RecordLine,
  type ScxLine,
} from '../../../src/api/overlay-map/overlay-record.js';
import type { ClusterOptions } from '../../../src/cluster/cluster-options.js';
import type { Address } from '../../../src/gossamer/core/node.js';
import { afterTest } from '../../after-test.js';
import { nodeId, sourceId } from '../../scx/support.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const EVENTS = `/api/overlay/${PATH}`;

const scxLine = (digit: string, more: Partial<ScxLine> = {}): ScxLine => ({
  kind: 'scx',
  at: 1,
  id: nodeId(digit),
  address: `192.0.2.1:${Number.parseInt(digit, 16) + 1}` as Address,
  place: { x: 1, y: 2, height: 0.5 },
  sketch: {
    place: { x: 1, y: 2, height: 0.5 },
    listeners: 3,
    neighbours: [{ id: nodeId('f'), rttMs: 10 }],
    sources: [{ id: sourceId('a'), scx: nodeId('f'), parent: nodeId('f'), audience: 3 }],
    ...{ failovers: 0, stallMs: 0, repaired: 0, lost: 0 },
  },
  ...more,
});

const gone = (digit: string): OverlayLine => ({
  ...{ kind: 'gone', at: 2, id: nodeId(digit), reason: 'closed' },
});

/** An SCX that tells its front end what it sees, and has told `first` at once. */
async function openScx(first: readonly OverlayLine[]) {
  const streams: ServerResponse[] = [];
  let asked = 0;
  const write = (response: ServerResponse, lines: readonly (OverlayLine | string)[]): void => {
    for (const line of lines) {
      response.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    }
  };
  const server = createServer((_request, response) => {
    asked++;
    streams.push(response);
    response.on('close', () => streams.splice(streams.indexOf(response), 1));
    write(response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }), first);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    httpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/night.mp3`,
    streams,
    get asked() {
      return asked;
    },
    tell: (...lines: readonly (OverlayLine | string)[]) => {
      for (const stream of streams) write(stream, lines);
    },
    end: () => {
      for (const stream of [...streams]) stream.end();
    },
  };
}

async function startWith(first: readonly OverlayLine[], over: Partial<ClusterOptions> = {}) {
  const fake = await startFake(over);
  await fake.publish(PATH, announcementXml(NIGHT));
  await expect.poll(() => fake.platform.launches.length).toBe(1);
  const scx = await openScx(first);
  await fake.platform.renew(`${fake.platform.launches[0]?.id}`, { httpUrl: scx.httpUrl });
  /** Somebody who looks; `lines` is what was told so far. */
  const look = async (headers: Record<string, string> = fake.operator) => {
    const response = await fake.get(EVENTS, { headers });
    const lines: RecordLine[] = [];
    const reader = response.body?.getReader();
    const read = async (): Promise<void> => {
      let rest = '';
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return;
        const events = `${rest}${new TextDecoder().decode(value)}`.split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) {
          const line = parseRecordLine(event.replace(/^data: /, ''));
          if (line !== undefined) lines.push(line);
        }
      }
    };
    const ended = response.status === 200 ? read().catch(() => undefined) : undefined;
    afterTest(() => reader?.cancel().catch(() => undefined));
    return { response, lines, ended, leave: () => reader?.cancel() };
  };
  return { ...fake, scx, look };
}

describe('The overlay of a session', () => {
  test('is shown to the operator as it is, and then whatever happens', async () => {
    const { scx, look } = await startWith([scxLine('a'), scxLine('b')]);
    const { response, lines } = await look();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await expect.poll(() => lines.length).toBe(3);
    const header = { kind: 'recording', version: 1, at: expect.any(Number) };
    expect(lines[0]).toEqual({ ...header, session: 'scattercast://radio.example/night' });
    expect(lines.slice(1)).toEqual([scxLine('a'), scxLine('b')]);
    scx.tell(gone('a'));
    await expect.poll(() => lines.at(-1)).toEqual(gone('a'));
    const later = await look();
    await expect.poll(() => later.lines.slice(1)).toEqual([scxLine('b')]);
  });

  test('is for the operator only, without a word to others', async () => {
    const { look, get, scx } = await startWith([scxLine('a')]);
    expect((await look({})).response.status).toBe(401);
    expect((await look({ authorization: 'Bearer wrong' })).response.status).toBe(403);
    expect(scx.asked).toBe(0);
    const operator = (await startWith([])).operator;
    expect((await get(EVENTS, { headers: operator })).status).toBe(403);
  });

  test('is shown to everybody without addresses where the operator wants that', async () => {
    const { look } = await startWith([scxLine('a')], { publicMap: true });
    const { address: _, ...shown } = scxLine('a');
    const everybody = await look({});
    await expect.poll(() => everybody.lines[1]).toEqual(shown);
    const operator = await look();
    await expect.poll(() => operator.lines[1]).toEqual(scxLine('a'));
    expect((await look({ authorization: 'Bearer wrong' })).response.status).toBe(403);
    const crowd = await Promise.all(Array.from({ length: 9 }, () => look({})));
    expect(crowd.map(({ response }) => response.status)).toEqual(Array(9).fill(200));
    const one = await look({});
    expect([one.response.status, one.response.headers.get('retry-after')]).toEqual([503, '30']);
    await crowd[0]?.leave();
    await expect.poll(async () => (await look({})).response.status).toBe(200);
  });

  test('costs an SCX one connection, however many look, and none when nobody does', async () => {
    const { scx, look, cluster } = await startWith([scxLine('a')]);
    const viewers = await Promise.all(Array.from({ length: 30 }, () => look()));
    await expect.poll(() => viewers.every(({ lines }) => lines.length === 2)).toBe(true);
    expect([scx.asked, scx.streams.length]).toEqual([1, 1]);
    for (const { leave } of viewers) await leave();
    await cluster.close();
    await expect.poll(() => scx.streams.length).toBe(0);
  });

  test('stays when the SCX that tells of it ends, but for what the next one does not know', async () => {
    const { scx, look } = await startWith([scxLine('a')]);
    const { lines } = await look();
    await expect.poll(() => lines.length).toBe(2);
    scx.tell(scxLine('b'));
    await expect.poll(() => lines.length).toBe(3);
    scx.end();
    await expect.poll(() => scx.asked).toBe(2);
    await expect
      .poll(() => lines.at(-1))
      .toEqual({ kind: 'gone', at: expect.any(Number), id: nodeId('b'), reason: 'forgotten' });
    expect(lines.filter(({ kind }) => kind === 'gone')).toHaveLength(1);
  });

  test('is told by lines of their form only', async () => {
    const { scx, look } = await startWith([scxLine('a')]);
    const { lines } = await look();
    await expect.poll(() => lines.length).toBe(2);
    scx.tell(
      ...['', 'x', '{}', '[1]', '{"kind":"gone","at":-1}', '{"kind":"recording","version":1}'],
      `{"kind":"gone","at":1,"id":"${nodeId('a')}","reason":"${'x'.repeat(RECORD_LINE_MAX)}"}`,
      'y'.repeat(10 * RECORD_LINE_MAX),
      gone('a'),
    );
    await expect.poll(() => lines.length).toBe(3);
    expect(lines[2]).toEqual(gone('a'));
  });

  test('is not there for a session that is not', async () => {
    const { get, operator } = await startWith([]);
    const answer = await get('/api/overlay/radio.example/day', { headers: operator });
    expect(answer.status).toBe(404);
  });
});
