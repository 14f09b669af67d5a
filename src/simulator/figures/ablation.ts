/**
 * Beyond the paper: what each rule of `fast` contributes. One rule at a time is switched back to
 * the paper's value. To add a rule, add a line to ABLATIONS.
 */
import { FAST, type GossamerConfig, PAPER } from '../../gossamer/core/config.js';
import { finalRatio, over, settledSeconds, steadyBytesPerSecond } from './measures.js';
import type { Figure } from './presentation/figure.js';
import { compared, plural } from './presentation/words.js';
import { ratioChart } from './ratio-chart.js';
import { mainSession, type Scope, type Session, sessionOf } from './sessions/session.js';

/** The paper's values of these fields. */
const asPaper = (...fields: readonly (keyof GossamerConfig)[]): Partial<GossamerConfig> =>
  Object.fromEntries(fields.map((field) => [field, PAPER[field]]));

const ABLATIONS: readonly (readonly [name: string, overrides: Partial<GossamerConfig>])[] = [
  ['edges weighed in ms', asPaper('exchangesEdges')],
  ['evictions', asPaper('evict')],
  ['reversed edges', asPaper('reversible')],
  ['child promotion', asPaper('promotes')],
  ['exchanged places', asPaper('swaps')],
  ['growing hysteresis of edges', asPaper('gainDoublingMs')],
  ['directed probes', asPaper('directedProbes')],
  ['digests', asPaper('discoveryDigests', 'discoveryIntervalMs')],
  ['fast first probes', asPaper('probeIntervalMinMs')],
  ['fast first discovery', asPaper('discoveryIntervalMinMs')],
  ['prompt routing updates', asPaper('updateDelayMs')],
  ['calm next hops', asPaper('routeHysteresis')],
  ['kept heartbeat edge', asPaper('keepHeartbeatEdge')],
  ['smoothed, frequent pings', asPaper('pingIntervalMs', 'pingCount', 'pingWeight')],
];

/** The rules in which the two profiles differ; any other would show no change. */
const DIFFERENT = ABLATIONS.filter(([, overrides]) =>
  Object.entries(overrides).some(([field, value]) => FAST[field as keyof GossamerConfig] !== value),
);

const WHOLE = 'fast as it is';

interface Variant {
  readonly name: string;
  readonly session: Session;
}

const variantsOf = (scope: Scope): Variant[] => [
  { name: WHOLE, session: mainSession(scope, 'fast', 1) },
  ...DIFFERENT.map(([rule, overrides]) => ({
    name: `without ${rule}`,
    session: sessionOf(scope, 'fast', {
      named: `without ${rule}`,
      overrides,
      draws: scope.fewDraws,
    }),
  })),
];

export const ablationFigure: Figure = {
  id: 'beyond-ablation',
  title: 'Profile fast with one rule at a time as in the paper',
  needs: (scope) => variantsOf(scope).map(({ session }) => session),
  draw: (reportsOf, scope) => {
    // All variants use the same draws, so that they differ by the rule alone.
    const results = variantsOf(scope).map(({ name, session }) => {
      const reports = reportsOf(session).slice(0, scope.fewDraws);
      return {
        name,
        ratio: over(reports, finalRatio),
        settled: over(reports, settledSeconds),
        bytes: over(reports, steadyBytesPerSecond),
      };
    });
    const whole = results[0]?.ratio.mean ?? Number.NaN;
    const data = {
      columns: ['variant', 'cost_ratio', 'confidence_95', 'settled_s', 'control_bytes_per_s'],
      rows: results.map(({ name, ratio, settled, bytes }) => [
        ...[name, ratio.mean, ratio.confidence],
        ...[settled.mean, bytes.mean],
      ]),
    };
    return {
      data,
      chart: ratioChart(results, 'fast'),
      text: [
        `${plural(scope.fewDraws, 'draw')} with one source, the same for each line. A rule that ` +
          'gains little here may gain much in sessions with faults, which these are not.',
        ...results
          .slice(1)
          .map(({ name, ratio }) => `${name}: ${compared(ratio.mean, whole)} ${WHOLE}.`),
      ],
      table: data,
    };
  },
};
