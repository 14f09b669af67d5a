/**
 * The attacking process: `attacker.ts URL COUNT NAME...`. It attacks until standard input ends, and
 * then prints the answers that it got. It is a process of its own with a low priority, so that
 * delays of the well-behaved listeners come from the server and not from the machine that runs both
 * sides.
 */
import { setPriority } from 'node:os';
import { ATTACKS, type AttackName } from '../../../test/e2e/support/attacks.js';

const NICE = 10;

const [url = '', count = '', ...names] = process.argv.slice(2);
setPriority(NICE);
const target = { url: new URL(url), count: Number(count) };
const assaults = names.map((name) => ATTACKS[name as AttackName](target));
process.stdin.resume();
process.stdin.on('end', () => {
  const answers: Record<string, number> = {};
  for (const assault of assaults) {
    for (const [status, times] of Object.entries(assault.answers())) {
      answers[status] = (answers[status] ?? 0) + times;
    }
    assault.end();
  }
  console.log(JSON.stringify(answers));
  process.exit();
});
