import { expect, test } from 'vitest';
import type { Attachment } from '../../../src/api/attach.js';
import { openSourceConnection } from '../../../src/client/broadcast/source-connection.js';
import { signedSource } from '../../../src/client/broadcast/source-credentials.js';
import type { Source } from '../../../src/gossamer/core/node.js';
import { STATE_AGAIN_MS } from '../../../src/overlay/lots/source-statement.js';
import { afterTest } from '../../after-test.js';
import { eventually, SESSION, SOURCE, STATION_KEY, startStation } from '../../overlay/support.js';

test('A source connection states anew that the source is attached, once that is two minutes old', async () => {
  const stated: Source[] = [];
  let keepAlives = 0;
  const station = await startStation(1, [], {
    onClient: (client) => {
      client.onStated((source) => void stated.push(source));
      client.onMessage(() => {
        keepAlives++;
        client.send({ kind: 'alive', listeners: 0, scxListeners: 0 });
      });
    },
  });
  const scx = { id: station.id, overlayAddress: station.overlay.address };
  const attachment = { session: SESSION, scx, keepAliveMs: 10 } as unknown as Attachment;
  const now = signedSource(SOURCE, STATION_KEY, { session: SESSION, scx: station.id });
  const old = { ...now.proof, timeMs: now.proof.timeMs - STATE_AGAIN_MS };
  const connection = await openSourceConnection({
    ...{ attachment, signed: { ...now, proof: old }, signal: new AbortController().signal },
    onAlive: () => undefined,
    onDrain: () => undefined,
  });
  afterTest(() => connection.destroy('the test is over'));
  await eventually(() => keepAlives > 5);
  expect(stated).toHaveLength(1);
  expect(stated[0]).toMatchObject(SOURCE);
  expect(stated[0]?.statement?.timeMs).toBeGreaterThanOrEqual(now.proof.timeMs);
});
