/** An operator that requests the pages of an SCX repeatedly, and measures how long they take. */
import { readSendQueues } from '../../../src/runtime/system/send-queues.js';
import { privateBytes } from '../machine/process-metrics.js';

/** What the operator has seen. */
export interface Seen {
  /** The slowest answer of each page, ms. */
  readonly statusMs: number;
  readonly healthzMs: number;
  /** Answers other than 200, or that took longer than LATE_MS. */
  readonly late: number;
  readonly looks: number;
  /** The SCX's peak of user memory, bytes. */
  readonly bytesPeak: number;
  /** The peak of what the kernel held in the send queues of the stream's port, bytes. */
  readonly kernelBytesPeak: number;
}

const EVERY_MS = 250;
const LATE_MS = 1000;
const PATIENCE_MS = 5000;

/** Asks once, on a connection of its own; resolves with the time it took, or Infinity. */
async function ask(url: URL): Promise<number> {
  const startedAt = performance.now();
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(PATIENCE_MS) };
  const isFine = await fetch(url, options).then(
    async (response) => (await response.text()) !== '' && response.ok,
    () => false,
  );
  return isFine ? performance.now() - startedAt : Number.POSITIVE_INFINITY;
}

/** What the kernel holds for the connections of a port, bytes; 0 where the system does not tell. */
async function kernelBytes({ port }: URL): Promise<number> {
  const queues = [...(await readSendQueues(0))];
  const own = queues.filter(([ends]) => ends.startsWith(`${port} `));
  return own.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** Starts to request; call the result to end it. */
export function watch(stream: string, pid: number): () => Promise<Seen> {
  const seen = { statusMs: 0, healthzMs: 0, late: 0, looks: 0, bytesPeak: 0, kernelBytesPeak: 0 };
  const pending = new Set<Promise<unknown>>(); // at most PATIENCE_MS / EVERY_MS of them

  const look = async (): Promise<void> => {
    seen.bytesPeak = Math.max(seen.bytesPeak, privateBytes(pid));
    seen.kernelBytesPeak = Math.max(seen.kernelBytesPeak, await kernelBytes(new URL(stream)));
    const pages = ['/status', '/healthz'].map((path) => ask(new URL(path, stream)));
    const [statusMs = 0, healthzMs = 0] = await Promise.all(pages);
    seen.statusMs = Math.max(seen.statusMs, statusMs);
    seen.healthzMs = Math.max(seen.healthzMs, healthzMs);
    seen.looks += 2;
    seen.late += [statusMs, healthzMs].filter((ms) => ms > LATE_MS).length;
  };

  const looking = setInterval(() => {
    const one = look().finally(() => pending.delete(one));
    pending.add(one);
  }, EVERY_MS);
  return async () => {
    clearInterval(looking);
    await Promise.all(pending);
    return seen;
  };
}
