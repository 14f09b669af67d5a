/** Whether a cluster of a directory can see how far away its listeners are (runtime/system/round-trips.ts). */
import { readRoundTrips } from '../../runtime/system/round-trips.js';
import { type Finding, findings } from './finding.js';

const { good, warning } = findings('distances');

/** Any will do. */
const PORTS = new Set([8000]);

/** What is wrong, by what the system's program says. */
export function checkRoundTrips(isKnown: boolean): Finding {
  if (isKnown) return good('The round trips of connections are known (ss).');
  return warning(
    'There is no program ss here, so the cluster cannot see how far away its listeners are, and sends ' +
      'them to nearer clusters only by what others have seen: install iproute2.',
  );
}

/** Asks the program. */
export const findRoundTrips = async (): Promise<Finding> =>
  checkRoundTrips((await readRoundTrips(PORTS)).isKnown);
