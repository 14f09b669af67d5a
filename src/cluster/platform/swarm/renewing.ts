/**
 * A new image: SCXs go on with the image that they were started from until a front end of the new one
 * has them replaced, one after the other. A service of the new image is created beside the old one, or a
 * spare of the new image is there to be given the session. Then the old SCX is told to retire
 * (scx/hand-over/retirement.ts): it keeps its listeners, while new ones are led to the new SCX.
 *
 * It begins when the front ends' own upgrade is over, so an image that is taken back never reaches an
 * SCX. An SCX that does not come up with the new image is removed, and the old one stays; it is tried
 * again when the front end is started again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createBoundedMap } from '../../../lib/bounds/bounded-map.js';
import type { Engine, EngineService } from './engine.js';
import type { ServiceLaunching } from './launching.js';
import {
  CLUSTER_LABEL,
  FRONT_END_LABEL,
  freeName,
  SESSION_LABEL,
  type ServiceTemplate,
  SPARE_LABEL,
  withImage,
} from './scx-service.js';
import type { ServiceTable } from './service-table.js';
import type { WaitingSpares } from './waiting-spares.js';

export interface RenewingOptions extends Pick<ServiceTemplate, 'prefix' | 'image'> {
  readonly engine: Engine;
  readonly table: Pick<ServiceTable, 'ofService' | 'isOver'>;
  readonly launching: Pick<ServiceLaunching, 'remove'>;
  readonly spares: Pick<WaitingSpares, 'list'>;
  readonly log: Logger;
  /** How long a new SCX may take to be heard of, ms. Default: 30 s. */
  readonly heardWithinMs?: number;
}

const HEARD_WITHIN_MS = 30_000; // guess
const LOOK_MS = 100;

export interface Renewing {
  /** Replaces an SCX with another image, if there is one. Never rejects. */
  renewOne(): Promise<void>;
  /** Whether the SCX of this service is to retire. */
  isReplaced(service: string): boolean;
}

const REMEMBERED_MAX = 10_000;

/** Creates the replacement of SCXs with another image. */
export function createRenewing(options: RenewingOptions): Renewing {
  const { engine, prefix, image, table, launching, spares, log } = options;
  const { heardWithinMs = HEARD_WITHIN_MS } = options;
  const failed = new Set<string>(); // bounded by the services that an upgrade finds
  const replaced = createBoundedMap<string, true>(REMEMBERED_MAX);
  let isBusy = false;

  const isUpgrading = async (): Promise<boolean> => {
    const frontEnds = await engine.services(FRONT_END_LABEL);
    return frontEnds.some(({ update }) => update !== undefined && update.state !== 'completed');
  };

  const isOutdated = (service: EngineService): boolean =>
    service.image !== image &&
    table.ofService(service.id).length > 0 &&
    !table.isOver(service.id) &&
    !replaced.has(service.id) &&
    !failed.has(service.id);

  const isHeard = async (service: string): Promise<boolean> => {
    const until = performance.now() + heardWithinMs;
    while (performance.now() < until) {
      if (table.ofService(service).length > 0) return true;
      await pause(LOOK_MS, undefined, { ref: false });
    }
    return false;
  };

  /** Its service has no session, so the next SCX is a spare, which the session is given when this one leaves. */
  const replaceBySpare = ({ id }: EngineService): void => {
    if (spares.list().length === 0) return; // none of the new image has started yet
    log.info({ service: id, image }, 'an SCX of another image retires, and a spare takes over');
    replaced.set(id, true);
  };

  const replace = async (old: EngineService, all: readonly EngineService[]): Promise<void> => {
    const ofSession = all.filter(
      ({ labels }) => labels[SESSION_LABEL] === old.labels[SESSION_LABEL],
    );
    const name = freeName(old.name, ofSession);
    const successor = await engine.createService(withImage(old.spec, name, image));
    if (successor === undefined) return; // another front end has been faster
    if (await isHeard(successor)) {
      log.info({ service: old.id, successor, image }, 'an SCX of another image is replaced');
      return replaced.set(old.id, true);
    }
    failed.add(old.id);
    log.error({ service: old.id, image }, 'an SCX does not come up with the new image; it stays');
    launching.remove(successor);
  };

  const renewOne = async (): Promise<void> => {
    const all = await engine.services(`${CLUSTER_LABEL}=${prefix}`);
    const old = all.find(isOutdated);
    if (old === undefined || (await isUpgrading())) return;
    if (old.labels[SPARE_LABEL] === undefined) await replace(old, all);
    else replaceBySpare(old);
  };

  return {
    renewOne: async () => {
      if (isBusy) return;
      isBusy = true;
      await renewOne().catch(({ message }: Error) =>
        log.warn({ message }, 'SCXs are not replaced yet'),
      );
      isBusy = false;
    },
    isReplaced: (service) => replaced.has(service),
  };
}
