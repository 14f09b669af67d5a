/**
 * The wait of a spare SCX (api/swarm/spare.ts): its program is loaded, and it asks all front ends for a
 * session, again and again. Which front ends there are, each answer says.
 *
 * Bounded: one question at a time to each of FRONT_ENDS_MAX front ends.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { FRONT_ENDS_MAX, type ScxService } from '../../api/swarm/scx-service.js';
import {
  type OpenLaunch,
  SPARE_HOLD_MS,
  type SpareAnswer,
  type SpareService,
  spareAnswerSchema,
} from '../../api/swarm/spare.js';
import { createProvenClient } from '../../http/proven-client.js';
import { createLatch } from '../../runtime/latch.js';

export interface AwaitSessionOptions {
  readonly service: SpareService;
  /** The engine's id of it. */
  readonly serviceId: string;
  readonly machine: string;
  /** The cluster's secret. */
  readonly token: string;
  readonly log: Logger;
  /** The spare is told to end. */
  readonly stopping: Promise<void>;
}

const RETRY_MS = 250; // a front end that is started again has its spares within half a second
const ANSWER_MS = SPARE_HOLD_MS + 2000;
const ANSWER_BYTES_MAX = 256 * 1024;

/** Resolves with the service of an SCX when a front end has a session for it; undefined: it is to end. */
export async function awaitSession(options: AwaitSessionOptions): Promise<ScxService | undefined> {
  const { service, serviceId, machine, token, log, stopping } = options;
  const question = JSON.stringify({ service: serviceId, machine, image: service.image });
  const given = createLatch<OpenLaunch | undefined>();
  let wanted: readonly string[] = service.frontEnds;
  const asked = new Set<string>();
  let isOver = false;
  const agent = new Agent({ keepAlive: true });

  const askFrom = async (frontEnd: string): Promise<void> => {
    const ask = createProvenClient(token, true);
    const url = new URL(`${frontEnd}/spares`);
    const limits = { withinMs: ANSWER_MS, answerBytesMax: ANSWER_BYTES_MAX };
    while (!isOver && wanted.includes(frontEnd)) {
      try {
        const answer = await ask({ url, method: 'POST', body: question, agent, ...limits });
        if (!answer.isOurs || answer.status !== 200) throw new Error(`status ${answer.status}`);
        onAnswer(spareAnswerSchema.parse(JSON.parse(answer.text)));
      } catch (error) {
        log.debug({ err: error, frontEnd }, 'A front end does not answer yet.');
        await pause(RETRY_MS);
      }
    }
    asked.delete(frontEnd);
  };

  const askAll = (): void => {
    for (const frontEnd of wanted.slice(0, FRONT_ENDS_MAX)) {
      if (asked.has(frontEnd)) continue;
      asked.add(frontEnd);
      void askFrom(frontEnd);
    }
  };

  const onAnswer = ({ launch, frontEnds }: SpareAnswer): void => {
    if (frontEnds.length > 0) wanted = frontEnds;
    if (launch !== undefined) given.resolve(launch);
    else askAll();
  };

  void stopping.then(() => {
    isOver = true;
    agent.destroy(); // front ends see at once that it waits no more
    given.resolve(undefined);
  });
  askAll();
  const launch = await given.promise;
  isOver = true;
  return launch && { frontEnds: [...wanted], ports: service.ports, launch };
}
