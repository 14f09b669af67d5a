/**
 * How busy this machine is: its processors, memory, and the disk of the data directory, which is asked
 * at intervals, as it may not answer.
 */
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { MachineLoad } from '../../api/dashboard/snapshot.js';

const LOOK_MS = 15_000;

/** Creates a function that tells how busy it is; the disk's room as it was told last. */
export function createMachineLoad(dataDir: string): () => MachineLoad {
  let disk: Pick<MachineLoad, 'diskFree' | 'diskTotal'> = { diskFree: null, diskTotal: null };
  let askedAt = Number.NEGATIVE_INFINITY;
  let isBusy = false;

  const askDisk = async (): Promise<void> => {
    isBusy = true;
    askedAt = performance.now();
    try {
      const { bavail, blocks, bsize } = await statfs(dataDir);
      disk = { diskFree: bavail * bsize, diskTotal: blocks * bsize };
    } catch {
      disk = { diskFree: null, diskTotal: null };
    }
    isBusy = false;
  };

  return () => {
    if (!isBusy && performance.now() - askedAt > LOOK_MS) void askDisk();
    return {
      ...{ load: loadavg()[0] ?? 0, cores: availableParallelism() },
      ...{ memoryFree: freemem(), memoryTotal: totalmem(), ...disk },
    };
  };
}
