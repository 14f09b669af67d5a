/** Values of options of the simulator: degrees of the mesh and fault scenarios. */
import { MANNERS, type Manner } from '../../simulator/faults/liars.js';
import type { FaultScenario } from '../../simulator/faults/scenario.js';
import { PROTOCOLS, type ProtocolName } from '../../simulator/rivals/protocols.js';
import { expecting, toNumber, type Value } from './values.js';

/** The number of mesh edges that an SCX adds (k1), and that it accepts (k2). */
export interface Degree {
  readonly added: number;
  readonly accepted: number;
}

/** `K1,K2`; the protocol's configuration checks how they relate. */
export const degree: Value<Degree> = expecting('two whole numbers like 3,4', (raw) => {
  const match = typeof raw === 'string' ? /^(\d{1,2}),(\d{1,2})$/.exec(raw) : null;
  return match === null ? undefined : { added: Number(match[1]), accepted: Number(match[2]) };
});

/** The number of a fault: `30%` is 0.3, `1/s` is 1, `60s` is 60,000 ms; undefined: another unit. */
function amountOf(amount: string, unit: '%' | '/s' | 's'): number | undefined {
  const number = toNumber(amount.slice(0, -unit.length));
  if (!amount.endsWith(unit) || !Number.isFinite(number) || number <= 0) return undefined;
  return unit === '%' ? number / 100 : unit === 's' ? number * 1000 : number;
}

/** `30%`, or `30%,MANNER`. */
function readLiars(text: string): FaultScenario | undefined {
  const [amount = '', named, ...rest] = text.split(',');
  const share = amountOf(amount, '%');
  const manner = MANNERS.find((each): each is Manner => each === named);
  const isKnown = rest.length === 0 && (named === undefined || manner !== undefined);
  return isKnown && share !== undefined && share < 1 ? { kind: 'liars', share, manner } : undefined;
}

/** A share must be less than all; rates and times are bounded by what a user would wait for. */
function readFaults(raw: unknown): FaultScenario | undefined {
  if (raw === 'flapping') return { kind: 'flapping' };
  const [kind, text = '', ...rest] = typeof raw === 'string' ? raw.split(':') : [];
  const share = amountOf(text, '%');
  const perSecond = amountOf(text, '/s');
  const forMs = amountOf(text, 's');
  if (rest.length > 0) return undefined;
  if (kind === 'liars') return readLiars(text);
  if (kind === 'crash' || kind === 'vanish' || kind === 'loss') {
    return share !== undefined && share < 1 ? { kind, share } : undefined;
  }
  if (kind === 'churn' && perSecond !== undefined && perSecond <= 100) return { kind, perSecond };
  if (kind === 'partition' && forMs !== undefined && forMs <= 3_600_000) return { kind, forMs };
  return undefined;
}

/** Faults for a simulated session. */
export const faults: Value<FaultScenario> = expecting(
  'crash:30%, vanish:30%, churn:1/s, partition:60s, loss:5%, flapping, liars:30% or ' +
    `liars:30%,MANNER (${MANNERS.join(', ')})`,
  readFaults,
);

/** Protocols separated by commas, or `all`. */
export const protocols: Value<readonly ProtocolName[]> = expecting(
  `all, or some of ${PROTOCOLS.join(',')}`,
  (raw) => {
    if (raw === 'all') return PROTOCOLS;
    const words = typeof raw === 'string' ? raw.split(',') : [];
    const found = words.map((word) => PROTOCOLS.find((name) => name === word));
    const known = found.filter((name) => name !== undefined);
    return known.length > 0 && known.length === words.length ? known : undefined;
  },
);
