/** The platform that the options of a cluster choose: this machine's processes, or a Swarm. */
import { EXIT, UserError } from '../lib/user-error.js';
import type { ClusterOptions, SwarmOptions } from './cluster-options.js';
import { onDisk } from './data/data-directory.js';
import { loadSecret } from './data/lease-secret.js';
import { placeSharedSecrets } from './data/shared-secrets.js';
import type { Platform } from './platform/platform.js';
import { createProcessPlatform } from './platform/process-platform.js';
import { openEngine } from './platform/swarm/engine.js';
import { createSwarmPlatform } from './platform/swarm/swarm-platform.js';

/** Of listeners of an SCX that is replaced. */
const DRAIN_MS = 3_600_000;
/** The engine takes 63 characters with what follows. */
const NAME = /^[a-z][a-z0-9-]{0,29}$/;

/** An SCX that is cut off from its managers would go on sending to the group of the one in its place. */
const NO_MULTICAST =
  '--multicast is not possible with --platform swarm, whose SCXs may be on any machine: ' +
  'start a cluster of its own with --multicast in the network of the receivers';

const need = (what: string, why: string): UserError =>
  new UserError(EXIT.usage, `--platform swarm needs ${what}: ${why}`);

/** Throws a UserError for what is missing on a Swarm, or not possible there. */
function checkForSwarm(
  { clusterSecret, port, multicast }: ClusterOptions,
  { image, name }: SwarmOptions,
): string {
  if (!NAME.test(name))
    throw need('another --swarm-name', 'at most 30 letters, digits and hyphens');
  if (image === undefined) throw need('--swarm-image', 'the image that SCXs are started from');
  if (clusterSecret === undefined) {
    throw need('--cluster-secret', 'all front ends have the same secrets by it');
  }
  if (port === 0) throw need('a fixed --port', 'all front ends have the same');
  if (multicast !== undefined) throw new UserError(EXIT.usage, NO_MULTICAST);
  return image;
}

/** Opens it. Rejects with a UserError for options that do not fit. */
export async function openPlatform(options: ClusterOptions): Promise<Platform> {
  const { entry, confined = false, dataDir, inheritLogs = false, spares, log, swarm } = options;
  const { certificate, accessLog } = options.scx ?? {};
  const { clusterSecret, scxPorts: ports, port: frontEndPort } = options;
  const image = swarm && checkForSwarm(options, swarm);
  if (clusterSecret !== undefined) {
    await onDisk(dataDir, () => placeSharedSecrets(dataDir, clusterSecret));
  }
  if (swarm === undefined || image === undefined) {
    const files = { certificate, accessLog, recording: options.scx?.recording };
    return createProcessPlatform({ entry, confined, files, dataDir, inheritLogs, spares, log });
  }
  const leaseSecret = await onDisk(dataDir, () => loadSecret(dataDir));
  return createSwarmPlatform({
    ...{ engine: openEngine(swarm.socket), prefix: swarm.name, image, leaseSecret },
    ...{ entry, confined, ports, frontEndPort, logLevel: log.level, log },
    drainMs: options.drainMs ?? DRAIN_MS,
    ...(spares === undefined ? {} : { spares }),
  });
}
