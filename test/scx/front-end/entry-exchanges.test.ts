import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { GossamerView } from '../../../src/gossamer/view.js';
import { createEntryExchanges } from '../../../src/scx/front-end/entry-exchanges.js';
import { afterTest } from '../../after-test.js';
import { quiet } from '../../cluster/support.js';

/** A front end that keeps every question open. */
async function openFrontEnd() {
  const paths: string[] = [];
  const server = createServer(({ url = '' }) => void paths.push(url)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, connections };
}

test('Entries are exchanged with the front ends that there are, also with one that is added', async () => {
  const [one, other] = [await openFrontEnd(), await openFrontEnd()];
  const exchanges = createEntryExchanges({
    ...{ isElsewhere: true, token: 'secret', session: 'scattercast://a.example/d', log: quiet },
    entries: () => [],
    view: () =>
      ({ coordinates: { position: [0, 0], height: 0, error: 1 } }) as never as GossamerView,
    publish: () => undefined,
  });
  afterTest(exchanges.close);
  exchanges.follow([one.url]);
  await vi.waitFor(() => expect(one.paths).not.toEqual([]));
  expect(other.paths).toEqual([]);
  exchanges.follow([one.url, other.url]);
  await vi.waitFor(() => expect(other.paths).not.toEqual([]));
  exchanges.follow([]); // a front end that does not know any is not believed
  exchanges.follow([other.url]);
  await vi.waitFor(async () => expect(await one.connections()).toBe(0));
  expect(await other.connections()).toBeGreaterThan(0);
});
