/**
 * The start of an SCX that an engine runs as a service (api/swarm/scx-service.ts): it draws its key, finds
 * its ports, and asks the front ends for what the service's document does not have: their word that
 * it is one of theirs, and the neighbours of the SCX before it. All front ends are asked at once; the
 * first answer counts. It may be that the SCX is not wanted any more: then it ends at once, and in
 * order, so that the engine does not start it again.
 *
 * A session goes on while no front end is there: after JOIN_MS the SCX starts without an answer. Only
 * for a private session it has to wait, as nobody would let it in.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SEALED_CERTIFICATE_MAX } from '../../api/certificates/cluster-certificate.js';
import type { Launch } from '../../api/scx-launch.js';
import {
  type Join,
  type JoinAnswer,
  joinAnswerSchema,
  type ScxService,
} from '../../api/swarm/scx-service.js';
import { createProvenClient } from '../../http/proven-client.js';
import { nodeIdOf } from '../../overlay/tls/node-id.js';
import { drawSigningKey } from '../../runtime/signing-key.js';
import { findFreePorts } from './free-ports.js';

export interface JoinOptions {
  readonly service: ScxService;
  /** The engine's id of it. */
  readonly serviceId: string;
  /** The name of this machine, by which others reach it. */
  readonly machine: string;
  /** The cluster's secret. */
  readonly token: string;
  readonly log: Logger;
}

const JOIN_MS = 3000; // guess: an answer takes a few ms
const RETRY_MS = 200;
const ASK_MS = 2000;
const ANSWER_BYTES_MAX = 256 * 1024 + SEALED_CERTIFICATE_MAX;

/** The front ends' answer; `unwanted`: the service is to end. */
type Joined = JoinAnswer | 'unwanted';

const GONE = 410;

/** Asks one front end until it answers, or `isOver`. Never rejects. */
async function askOne(
  { token, log }: JoinOptions,
  frontEnd: string,
  join: Join,
  isOver: () => boolean,
): Promise<Joined | undefined> {
  const ask = createProvenClient(token, true);
  const limits = { withinMs: ASK_MS, answerBytesMax: ANSWER_BYTES_MAX };
  const url = new URL(`${frontEnd}/joins`);
  while (!isOver()) {
    try {
      const answer = await ask({ url, method: 'POST', body: JSON.stringify(join), ...limits });
      if (answer.isOurs && answer.status === GONE) return 'unwanted';
      if (answer.isOurs && answer.status === 200) {
        return joinAnswerSchema.parse(JSON.parse(answer.text));
      }
    } catch (error) {
      log.debug({ err: error, frontEnd }, 'A front end does not answer yet.');
    }
    await pause(RETRY_MS);
  }
  return undefined;
}

/** The first answer; undefined if none came in time. */
async function askAll(options: JoinOptions, join: Join): Promise<Joined | undefined> {
  const { service, log } = options;
  const until =
    service.launch.access.privacy === undefined
      ? performance.now() + JOIN_MS
      : Number.POSITIVE_INFINITY;
  let isOver = false;
  const isPast = (): boolean => isOver || performance.now() > until;
  const asked = service.frontEnds.map(async (frontEnd) => {
    const answer = await askOne(options, frontEnd, join, isPast);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  });
  const first = await Promise.any(asked).catch(() => undefined);
  isOver = true;
  if (first === undefined) log.warn('No front end of the cluster answers; the SCX starts anyway.');
  return first;
}

/**
 * The launch document of this SCX; undefined: it is not wanted. Rejects with a UserError if no port is
 * free.
 */
export async function joinCluster(options: JoinOptions): Promise<Launch | undefined> {
  const { service, serviceId, machine, token } = options;
  const { launch } = service;
  const key = drawSigningKey();
  const id = nodeIdOf(key.publicKey);
  const asking = askAll(options, { id, session: launch.session, service: serviceId });
  const ports = await findFreePorts(service.ports, launch.listenHost, launch.session);
  const joined = await asking;
  if (joined === 'unwanted') return undefined;
  const { voucher, formerNeighbours, encoderTitles, segment, listenerHook } =
    joined ?? ({} as Partial<JoinAnswer>);
  const { frontEnds, sealedCertificate } = joined ?? ({} as Partial<JoinAnswer>);
  const urls = frontEnds ?? service.frontEnds;
  return {
    ...launch,
    ...{ id, keySeed: key.seed(), voucher, formerNeighbours, encoderTitles, segment },
    ...(listenerHook ? { listenerHook } : {}),
    ...(sealedCertificate === undefined ? {} : { sealedCertificate }),
    ...{ service: serviceId, machine, advertiseHost: machine, leaseToken: token },
    ...{ leaseUrl: urls[0] ?? '', leaseUrls: [...urls] },
    ...{ httpPort: ports.http, overlayPort: ports.overlay },
  };
}
