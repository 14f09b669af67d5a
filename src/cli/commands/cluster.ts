/**
 * `scattercast cluster`: runs the front end of a cluster in this process, and an SCX for each
 * session in a process of its own. This file turns settings, which have the units of users
 * (seconds, `none`), into the options of src/cluster and src/scx (ms, undefined).
 */
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Drained } from '../../api/drain.js';
import { startCluster } from '../../cluster/cluster.js';
import type { ScxSettings } from '../../cluster/cluster-options.js';
import { createRecentWarnings } from '../../cluster/dashboard/recent-warnings.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { anyAddress, ownAddress } from '../options/addresses.js';
import { type ClusterSettings, clusterOptions } from '../options/cluster-options.js';
import type { Command } from '../shell/command.js';
import { ENTRY } from '../shell/entry.js';
import { inheritedSocket } from '../shell/inherited-socket.js';
import { createLog } from '../shell/log.js';
import { print, printJson, remark, report } from '../shell/output.js';
import { stopped, stopSignal } from '../shell/stop-signal.js';
import { certificateOf } from './certificate-files.js';
import { dataDirectory } from './data-directory.js';
import { drainCluster, drainSentence } from './drain.js';

/**
 * The shortest interval between writes to a listener, ms: shorter ones only cost system calls.
 * Guess.
 */
const WRITE_MS_MIN = 50;

/** Nothing is left to do at a SIGHUP: logs are appended to by name, certificates are watched. */
const HANG_UP = 'SIGHUP: the cluster goes on. Logs and certificates are opened anew by themselves.';

/** Nobody should watch a silent process for longer, ms. Guess: a start takes half a second. */
const SLOW_START_MS = 5000;

const slowStart = (settings: ClusterSettings): string =>
  `the cluster still waits for its files in ${dataDirOf(settings)}: does that file system hang?`;

export const command: Command<typeof clusterOptions> = {
  story:
    'Runs a cluster on this machine: the front end that players and broadcasters connect to, and ' +
    'one SCX (ScatterCast proXy) or more for each session that has a listener or a source here. ' +
    'The log goes to standard error, as JSON lines unless that is a terminal.',
  operands: [],
  options: clusterOptions,
  examples: [
    'scattercast cluster',
    'scattercast cluster --port 80 --host radio.campus.example --scx-ports 8100-8227',
    'SCATTERCAST_PORT=9000 scattercast cluster --data ./state --allow-private',
    'scattercast cluster --drain',
  ],
  run,
};

async function run(settings: ClusterSettings): Promise<void> {
  if (settings.drain) return drain(settings);
  const warnings = createRecentWarnings();
  const log = await createLog(settings.logLevel, warnings.take);
  const stopping = stopSignal(() => log.info(HANG_UP));
  const starting = startCluster({
    port: settings.port,
    listeningFd: inheritedSocket(process.env, process.pid),
    host: settings.host ?? ownAddress(),
    listenHost: settings.listen ?? anyAddress(),
    dataDir: dataDirOf(settings),
    scxPorts: settings.scxPorts,
    maxScxs: settings.maxScxs,
    spares: settings.spare,
    anyoneMayAnnounce: settings.anyoneMayAnnounce,
    publicMap: settings.publicMap,
    historyBytesMax: settings.history * 1_000_000,
    places: settings.places && resolve(settings.places),
    warnings,
    carryFrom: settings.carryFrom === 'any' ? undefined : settings.carryFrom,
    directory: settings.directory === 'off' ? undefined : settings.directory.href,
    trust: settings.trust,
    maxForeignScxs: settings.maxForeignScxs,
    maxForeignScxsPerAddress: settings.maxForeignScxsPerAddress,
    maxListenersPerSession: settings.maxListenersPerSession || Number.POSITIVE_INFINITY,
    trustedProxies: settings.trustedProxies,
    mounts: settings.mounts ?? new Map(),
    allowPrivate: settings.allowPrivate,
    drainMs: settings.drainTimeout * 1000,
    clusterSecret: settings.clusterSecret,
    swarm: settings.platform === 'swarm' ? swarmOf(settings) : undefined,
    multicast: multicastOf(settings),
    entry: ENTRY,
    confined: !settings.unconfined,
    log,
    scx: scxSettings(settings),
    inheritLogs: false,
  });
  const slow = setTimeout(() => remark(slowStart(settings)), SLOW_START_MS);
  const cluster = await starting.finally(() => clearTimeout(slow));
  report(`the cluster is ready at ${cluster.url}`);
  const leaving = once(process, 'SIGUSR2');
  await Promise.race([stopped(stopping), leaving]);
  await (stopping.aborted ? cluster.close() : cluster.leave());
}

/** Replaces the SCXs. What was done before a failure is told, too. */
async function drain(settings: ClusterSettings): Promise<void> {
  const { json } = settings;
  const all: Drained[] = [];
  const onDrained = (drained: Drained): void => {
    all.push(drained);
    if (!json) void print(`${drainSentence(drained)}\n`);
  };
  try {
    await drainCluster({
      ...{ dataDir: dataDirOf(settings), port: settings.port, listenHost: settings.listen },
      ...{ drainMs: settings.drainTimeout * 1000, onDrained },
    });
  } finally {
    if (json) await printJson(all);
  }
}

function scxSettings(settings: ClusterSettings): Partial<ScxSettings> {
  const accessLog = settings.accessLog ?? join(dataDirOf(settings), 'access.log');
  return {
    lingerMs: settings.linger * 1000,
    burstMs: settings.burst * 1000,
    writeIntervalMs: Math.max(WRITE_MS_MIN, settings.writeInterval * 1000),
    silenceMs: settings.silence * 1000,
    listenersMax: settings.maxListeners,
    perAddressMax: settings.maxListenersPerAddress,
    accessLog: accessLog === 'none' ? undefined : resolve(accessLog),
    certificate: certificateOf(settings),
    profile: settings.profile,
    recording: recordingOf(settings),
    listenerHook: settings.listenerHook && {
      url: settings.listenerHook.href,
      onFailure: settings.listenerHookFail,
    },
  };
}

const NO_RECORDINGS_ON_SWARM =
  'nothing can be recorded on a Docker Swarm, whose SCXs have no disk: leave --keep-max out';

/** Throws a UserError where nothing can be recorded. */
function recordingOf(settings: ClusterSettings): ScxSettings['recording'] {
  const { keepMax, recordingsMaxBytes, foreignRecordingsMaxBytes: foreignBytes } = settings;
  if (keepMax === 0 && foreignBytes > 0) {
    throw new UserError(EXIT.usage, '--foreign-recordings-max-bytes needs --keep-max');
  }
  if (keepMax === 0) return undefined;
  if (settings.platform === 'swarm') throw new UserError(EXIT.usage, NO_RECORDINGS_ON_SWARM);
  const rootOf = (name: string): string => resolve(dataDirOf(settings), name);
  const own = { root: rootOf('recordings'), bytesMax: recordingsMaxBytes, keepMsMax: keepMax };
  if (foreignBytes === 0) return own;
  return { ...own, foreign: { root: rootOf('foreign-recordings'), bytesMax: foreignBytes } };
}

/** Throws a UserError if only one of two options was given. */
function multicastOf(settings: ClusterSettings) {
  const { multicast, multicastInterface, multicastTtl } = settings;
  if (multicast === undefined && multicastInterface === undefined) return undefined;
  if (multicast !== undefined && multicastInterface !== undefined) {
    const isAlways = settings.multicastAlways;
    return { groups: multicast, interface: multicastInterface, ttl: multicastTtl, isAlways };
  }
  throw new UserError(EXIT.usage, '--multicast and --interface must be given together');
}

const swarmOf = ({ swarmImage, swarmName, dockerSocket }: ClusterSettings) => ({
  image: swarmImage,
  name: swarmName,
  socket: dockerSocket,
});

const dataDirOf = ({ dataDir, port }: ClusterSettings): string => dataDirectory(dataDir, port);
