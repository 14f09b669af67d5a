/**
 * Keeps as many spares on the Swarm as wanted: services whose task waits for a session
 * (api/swarm/spare.ts). One that was given a session is an SCX from then on, and another service is
 * created. When that SCX crashes, the engine starts its service again, as a spare.
 *
 * One front end at a time looks after them. Names are locks here as well (scx-service.ts), so it does no
 * harm if two do. Bounded: one service is created at each look.
 */
import type { Logger } from 'pino';
import { createBoundedMap } from '../../../lib/bounds/bounded-map.js';
import type { Engine, EngineService } from './engine.js';
import type { ServiceLaunching } from './launching.js';
import type { Machines } from './machines.js';
import {
  CLUSTER_LABEL,
  freeName,
  type ServiceTemplate,
  SPARE_LABEL,
  serviceSpec,
  spareDocument,
} from './scx-service.js';
import type { ServiceTable } from './service-table.js';
import type { WaitingSpares } from './waiting-spares.js';

export interface SpareServicesOptions extends ServiceTemplate {
  readonly engine: Engine;
  readonly leaseSecret: string;
  /** How many are kept. */
  readonly count: number;
  readonly table: Pick<ServiceTable, 'ofService' | 'isOver'>;
  readonly machines: Pick<Machines, 'frontEnds'>;
  readonly launching: Pick<ServiceLaunching, 'remove'>;
  readonly spares: Pick<WaitingSpares, 'isSpare'>;
  readonly log: Logger;
  /** How long one may take to start, ms. Default: 60 s. */
  readonly startWithinMs?: number;
  /** Ms, monotonic. */
  now?(): number;
}

const START_WITHIN_MS = 60_000; // guess: the image may have to be fetched first
const REMEMBERED_MAX = 1000;

/** Creates the upkeep; each call looks once. Rejects if the engine does not do what it is asked for. */
export function createSpareServices(options: SpareServicesOptions): () => Promise<void> {
  const { engine, prefix, image, count, table, machines, launching, spares, log } = options;
  const { startWithinMs = START_WITHIN_MS, now = () => performance.now() } = options;
  const heardAt = createBoundedMap<string, number>(REMEMBERED_MAX);

  /** Whether its SCX has a session, or had one until a moment ago. */
  const isUsed = ({ id }: EngineService): boolean =>
    table.ofService(id).length > 0 || table.isOver(id);

  /** Whether nothing is known of it for so long, like one whose machine has died. */
  const isLost = (service: EngineService): boolean => {
    const { id } = service;
    if (isUsed(service) || spares.isSpare(id)) heardAt.set(id, now());
    const since = heardAt.get(id) ?? now();
    heardAt.set(id, since);
    return now() - since > startWithinMs;
  };

  const create = async (existing: readonly EngineService[]): Promise<void> => {
    const name = freeName(`${prefix}-spare-0`, existing);
    const secretName = `${prefix}-lease`;
    const secret = { id: await engine.secret(secretName, options.leaseSecret), name: secretName };
    const document = spareDocument(options, machines.frontEnds());
    const labels = { [SPARE_LABEL]: 'yes' };
    const spec = serviceSpec(options, { name, labels, document, secret, avoided: [] });
    const service = await engine.createService(spec);
    if (service !== undefined) log.info({ service, name }, 'created the service of a spare SCX');
  };

  return async () => {
    const all = await engine.services(`${CLUSTER_LABEL}=${prefix}`, SPARE_LABEL);
    const lost = all.filter(isLost);
    const free = all.filter((service) => !isUsed(service) && !lost.includes(service));
    const kept = free.filter((service) => service.image === image).slice(0, count);
    // What is not known to wait may be an SCX that has not renewed its lease here yet.
    const spare = free.filter((service) => !kept.includes(service) && spares.isSpare(service.id));
    for (const { id } of [...lost, ...spare]) launching.remove(id);
    if (kept.length < count) await create(all);
  };
}
