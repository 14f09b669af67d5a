/**
 * An SCX that replaces one that died joins in as few round trips as possible: to the neighbours of its
 * predecessor, which it knows by their ids, it speaks as soon as TLS has proven who they are.
 */
import { expect, test } from 'vitest';
import type { Address, NodeId } from '../../../src/gossamer/core/node.js';
import type { OverlayOptions } from '../../../src/overlay/overlay.js';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { createDecoder } from '../../../src/wire/decoder.js';
import { encodeHello } from '../../../src/wire/encoder.js';
import {
  eventually,
  idOf,
  keyOf,
  listenRaw,
  startStation,
  strangerHello,
  waitMs,
} from '../support.js';

/** The number of the SCX at hand-made ports. */
const NUMBER = 7;

/** A port of SCX 7: what comes over each connection; `answers`: also to HELLO. */
async function openPort(answers: boolean) {
  const connections: { purpose: string; kinds: string[]; isOver: boolean }[] = [];
  const address: Address = await listenRaw((socket) => {
    const decoder = createDecoder();
    const ours = { purpose: '', kinds: [] as string[], isOver: false };
    connections.push(ours);
    socket.on('end', () => {
      ours.isOver = true;
    });
    socket.on('data', (chunk) => {
      for (const event of decoder.push(chunk)) {
        ours.kinds.push(event.kind === 'message' ? event.message.kind : event.kind);
        if (event.kind !== 'hello') continue;
        const { hello } = event;
        ours.purpose = hello.purpose;
        const channel = hello.purpose === 'data' ? { channel: hello.channel } : {};
        const answer = {
          ...strangerHello(NUMBER, { address }),
          purpose: hello.purpose,
          ...channel,
        };
        if (answers) socket.write(encodeHello(answer as Parameters<typeof encodeHello>[0]));
      }
    });
  });
  const of = (purpose: string) => connections.filter((one) => one.purpose === purpose);
  return { address, of };
}

/** An SCX whose predecessor had an edge with SCX `id` at that address, and which knows nobody else. */
const succeed = (address: Address, id: NodeId, options: Partial<OverlayOptions> = {}) =>
  startStation(9, ['http://127.0.0.1:1/nobody'], {
    ...{ formerEdges: [{ member: { id, address }, rttMs: 1 }], ...options },
  });

test('A former neighbour gets the request for an edge with HELLO, and a data connection beside it', async () => {
  const { address, of } = await openPort(false);
  await succeed(address, idOf(NUMBER));
  await eventually(() => of('control').some(({ kinds }) => kinds.includes('edgeRequest')));
  expect(of('control')[0]?.kinds.slice(0, 2)).toEqual(['hello', 'edgeRequest']);
  await eventually(() => of('data').length === 1);
});

test('What left with HELLO is not sent again when HELLO is answered', async () => {
  const { address, of } = await openPort(true);
  const { overlay } = await succeed(address, idOf(NUMBER));
  await eventually(() => overlay.counters.connectionsOut >= 2);
  await waitMs(100);
  const [control] = of('control');
  expect(control?.kinds.filter((kind) => kind === 'edgeRequest')).toHaveLength(1);
});

test('The data connection to a former neighbour that grants no edge ends', async () => {
  const { address, of } = await openPort(true);
  const limits = { ...OVERLAY_LIMITS, preparedMs: 200 };
  await succeed(address, idOf(NUMBER), { limits });
  await eventually(() => of('data').length > 0 && of('data').every(({ isOver }) => isOver));
});

test.each([
  ['has another id than the former neighbour there', idOf(8), {}],
  ['may not take part in a private session', idOf(NUMBER), { clusters: [keyOf(5).publicKey] }],
])('An SCX that %s is told nothing but HELLO until it has answered', async (_who, id, options) => {
  const { address, of } = await openPort(false);
  const limits = { ...OVERLAY_LIMITS, handshakeMs: 1000 };
  const { overlay } = await succeed(address, id, { limits, ...options });
  const isOver = (purpose: string): boolean => of(purpose).some((one) => one.isOver);
  await eventually(() => isOver('control') && isOver('data'));
  for (const { kinds } of [...of('control'), ...of('data')]) expect(kinds).toEqual(['hello']);
  expect(overlay.view().neighbours).toEqual([]);
});
