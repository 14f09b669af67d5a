/**
 * The process that attacks: `attacker.ts URL COUNT NAME...`, until standard input ends; then it prints
 * what it was answered. A process of its own, and a nice one, so that it is the server that keeps the good
 * listeners waiting, if anything does, and not the machine that plays both sides.
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
