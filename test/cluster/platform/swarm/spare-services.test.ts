import { expect, test, vi } from 'vitest';
import { SERVICE_VARIABLE } from '../../../../src/api/swarm/scx-service.js';
import { spareServiceSchema } from '../../../../src/api/swarm/spare.js';
import { openEngine } from '../../../../src/cluster/platform/swarm/engine.js';
import { createSpareServices } from '../../../../src/cluster/platform/swarm/spare-services.js';
import { quiet } from '../../support.js';
import { type FakeEngine, startFakeEngine } from './fake-engine.js';

const START_WITHIN_MS = 1000;

interface Swarm {
  readonly engine: FakeEngine;
  /** Ids of services whose SCX is heard of, and of those that wait. */
  readonly heard: Set<string>;
  readonly waiting: Set<string>;
  keep(): Promise<void>;
  /** The names of the services that there are. */
  names(): string[];
  clock: number;
}

async function openSwarm(image = 'image', engine?: FakeEngine): Promise<Swarm> {
  const fake = engine ?? (await startFakeEngine());
  const [heard, waiting] = [new Set<string>(), new Set<string>()];
  const opened = openEngine(fake.socket);
  const swarm: Swarm = {
    ...{ engine: fake, heard, waiting, clock: 0 },
    names: () => [...fake.services.keys()],
    keep: createSpareServices({
      ...{ engine: opened, prefix: 'sc', image, leaseSecret: 'secret', count: 2 },
      ...{ entry: '/main.js', confined: true, ports: 'any', logLevel: 'info', log: quiet },
      table: {
        ofService: (id) =>
          heard.has(id) ? [{ id, session: '', service: id, machine: 'one', httpUrl: '' }] : [],
        isOver: () => false,
      },
      machines: { frontEnds: () => ['http://10.77.0.1:8000'] },
      launching: { remove: (id) => void opened.removeService(id) },
      spares: { isSpare: (service) => waiting.has(service) },
      startWithinMs: START_WITHIN_MS,
      now: () => swarm.clock,
    }),
  };
  return swarm;
}

const SPARES = ['sc-spare-0', 'sc-spare-1'];

test('Spares are created until there are as many as wanted, and know no session and no secret', async () => {
  const swarm = await openSwarm();
  for (let looks = 0; looks < 4; looks++) await swarm.keep();
  expect(swarm.names()).toEqual(SPARES);
  const { Env = [] } = swarm.engine.created[0]?.TaskTemplate.ContainerSpec ?? {};
  const line = Env.find((each) => each.startsWith(`${SERVICE_VARIABLE}=`)) ?? '';
  const base64 = line.slice(SERVICE_VARIABLE.length + 1);
  const document = spareServiceSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString()));
  expect(document).toEqual({
    ...{ frontEnds: ['http://10.77.0.1:8000'], ports: null, image: 'image', logLevel: 'info' },
  });
});

test('A spare that has become an SCX is followed by another one, and none too many is kept', async () => {
  const swarm = await openSwarm();
  for (let looks = 0; looks < 2; looks++) await swarm.keep();
  swarm.heard.add(swarm.engine.idOf('sc-spare-0'));
  await swarm.keep();
  expect(swarm.names()).toEqual([...SPARES, 'sc-spare-2']);
  for (const name of [...SPARES, 'sc-spare-2']) swarm.waiting.add(swarm.engine.idOf(name));
  swarm.heard.clear(); // it has crashed, and the engine has started it again as a spare
  await swarm.keep();
  await vi.waitFor(() => expect(swarm.names()).toEqual(SPARES));
});

test('A spare that does not start in time, or that has another image, is replaced', async () => {
  const swarm = await openSwarm();
  for (let looks = 0; looks < 2; looks++) await swarm.keep();
  swarm.waiting.add(swarm.engine.idOf('sc-spare-0'));
  await swarm.keep();
  swarm.clock += START_WITHIN_MS + 1;
  await swarm.keep();
  await vi.waitFor(() => expect(swarm.names()).toEqual(['sc-spare-0', 'sc-spare-2']));
  const next = await openSwarm('next', swarm.engine);
  await next.keep(); // what it has heard nothing of yet may be an SCX
  expect(next.names()).toEqual(['sc-spare-0', 'sc-spare-2', 'sc-spare-1']);
  next.waiting.add(swarm.engine.idOf('sc-spare-0'));
  next.waiting.add(swarm.engine.idOf('sc-spare-2'));
  await next.keep();
  await vi.waitFor(() => expect(next.names()).toEqual(['sc-spare-1', 'sc-spare-3']));
});
