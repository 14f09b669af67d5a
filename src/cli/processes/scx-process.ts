/**
 * The process of one SCX. Only a cluster starts it, or an SCX that hands over to it, or an engine, as the
 * task of a service that a cluster has created (api/swarm/scx-service.ts); a JSON document
 * says what to do (api/scx-launch.ts). It ends when its session no longer needs it, or, in order, at a
 * SIGTERM. It goes on when the reader of its output goes away.
 */

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { LAUNCH_VARIABLE, type Launch, launchSchema } from '../../api/scx-launch.js';
import {
  MACHINE_VARIABLE,
  type ScxService,
  SECRET_FILE,
  SERVICE_ID_VARIABLE,
  SERVICE_VARIABLE,
  scxServiceSchema,
} from '../../api/swarm/scx-service.js';
import { type SpareService, spareServiceSchema } from '../../api/swarm/spare.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { openPredecessor } from '../../scx/hand-over/take-over.js';
import { openGivenEncoders } from '../../scx/ingest/given-encoders.js';
import { type ScxOptions, startScx } from '../../scx/scx.js';
import { awaitSession } from '../../scx/start/await-session.js';
import { joinCluster } from '../../scx/start/join-cluster.js';
import { ENTRY } from '../shell/entry.js';
import { createLog } from '../shell/log.js';
import { awaitLaunch } from './awaited-launch.js';

/** What the process that started this one has for it. */
type Given = Pick<ScxOptions, 'launch' | 'predecessor' | 'givenEncoders' | 'socket'> & {
  readonly log?: Logger;
};

/**
 * Runs an SCX until it ends. Rejects with a UserError when the document is malformed or a port is
 * in use.
 */
export async function runScx(): Promise<void> {
  // Ctrl-C at the cluster's terminal, or its end, reaches this process, too. The cluster decides, and sends
  // SIGTERM.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  // Not once: a successor may be told by its cluster and by its predecessor.
  const stopping = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()));
  const service = process.env[SERVICE_VARIABLE];
  const given = await (service === undefined
    ? givenBy(process.env[LAUNCH_VARIABLE], stopping)
    : givenAsService(service, stopping));
  if (given === undefined) return;
  const log = given.log ?? (await createLog(given.launch.logLevel));
  const scx = await startScx({ ...given, log, entry: ENTRY });
  void stopping.then(() => scx.stop());
  await scx.stopped;
}

/** An engine has started this process. */
async function givenAsService(base64: string, stopping: Promise<void>): Promise<Given | undefined> {
  const read = readService(base64);
  const log = await createLog('launch' in read ? read.launch.logLevel : read.logLevel);
  const machine = process.env[MACHINE_VARIABLE] ?? '';
  const token = (await readFile(SECRET_FILE, 'utf8')).trim();
  const serviceId = process.env[SERVICE_ID_VARIABLE] ?? '';
  const own = { serviceId, machine, token, log };
  const service = 'launch' in read ? read : await awaitSession({ ...own, service: read, stopping });
  const launch = service && (await joinCluster({ ...own, service }));
  if (service && launch === undefined) log.info('No front end wants this SCX any more; it ends.');
  return launch && { launch, log };
}

const serviceSchema = z.union([scxServiceSchema, spareServiceSchema]);

function readService(base64: string): ScxService | SpareService {
  try {
    return serviceSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString()));
  } catch {
    throw new UserError(
      EXIT.usage,
      `${SERVICE_VARIABLE} does not contain a service of this version`,
    );
  }
}

/**
 * The channel of this process leads to the one that started it: an SCX, whose successor finds its
 * document in the environment, or the front end, which sends it.
 */
async function givenBy(
  json: string | undefined,
  stopping: Promise<void>,
): Promise<Given | undefined> {
  if (json !== undefined) return { launch: parse(json), predecessor: openPredecessor() };
  const givenEncoders = openGivenEncoders();
  if (givenEncoders === undefined) {
    throw new UserError(
      EXIT.usage,
      'scx is started by a cluster, which tells it what to do; run "scattercast cluster"',
    );
  }
  const awaited = await awaitLaunch(stopping);
  return awaited && { launch: check(awaited.launch), socket: awaited.socket, givenEncoders };
}

function parse(json: string): Launch {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    // Malformed, as is undefined.
  }
  return check(document);
}

function check(document: unknown): Launch {
  const launch = launchSchema.safeParse(document);
  if (launch.success) return launch.data;
  // The message must not quote the document, which contains a token.
  throw new UserError(EXIT.usage, 'the launch document of an SCX is not one of this version');
}
