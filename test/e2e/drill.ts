/**
 * A drill of `npm run bench -- drills` in small, for the gate. It is a process of its own: its network
 * is none that a test process may speak to.
 */
import type { Finding } from '../../scripts/bench/drills/drill.js';
import { start } from './stage.js';

/** What was seen, and whether it is what must show. */
export async function playDrill(name: string, ...flags: string[]): Promise<Finding> {
  const args = ['--import', 'tsx', 'scripts/bench/main.ts', 'drills', '--only', name];
  const drill = start(process.execPath, [...args, '--json', ...flags]);
  const { code } = await drill.exited;
  if (code !== 0) throw new Error(drill.stderr());
  const { rows } = JSON.parse(drill.stdout()) as { rows: readonly [Finding] };
  return rows[0];
}
