/**
 * Loaded into our processes before they start (`node --import`): the time of day is what the file that
 * SETTABLE_CLOCK names says, in ms from the true one. Timers and performance.now() go on, as they do when
 * an operator sets a machine's clock.
 */
import { readFileSync } from 'node:fs';

const trueNow = Date.now;
const offsetMs = () => Number(readFileSync(process.env.SETTABLE_CLOCK, 'utf8'));

const TrueDate = Date;
globalThis.Date = class extends TrueDate {
  constructor(...args) {
    super(...(args.length === 0 ? [trueNow() + offsetMs()] : args));
  }
  static now() {
    return trueNow() + offsetMs();
  }
};
