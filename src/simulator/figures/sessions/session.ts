/**
 * The sessions that figures are made of. A figure names the sessions that it needs, and several
 * figures name the same ones. A session's id contains everything that decides its outcome, so each
 * session is simulated only once.
 *
 * Draw n of every session has the seed `seed + n`. Sessions on the same topology with the same
 * number of SCXs then differ in their rules only: two profiles are compared on the same nodes and
 * sources.
 */
import { FAST, type GossamerConfig, PAPER } from '../../../gossamer/core/config.js';
import type { ExperimentReport } from '../../experiment/experiment.js';

export const PROFILES = { paper: PAPER, fast: FAST } as const;
export type Profile = keyof typeof PROFILES;
export const PROFILE_NAMES: readonly Profile[] = ['paper', 'fast'];

/** The reference graphs are drawn by our generator; the matrix has measured round trips. */
export type TopologyName = 'ts1000n' | 'ts1000a' | 'ts10000n' | 'planetlab490';

export interface Session {
  readonly id: string;
  readonly topology: TopologyName;
  readonly scxs: number;
  readonly sources: number;
  readonly config: GossamerConfig;
  readonly untilMs: number;
  /** §5.1: "the experiment ends when there are no changes to the mesh structure for at least 100 s". */
  readonly endsWhenQuiet: boolean;
  readonly draws: number;
  /** Topologies over which the draws are spread; where the topology is a file, it is that one. */
  readonly topologies: number;
}

/** How much is simulated. */
export interface Scope {
  /** Draws of the sessions that most figures share. */
  readonly draws: number;
  /** Draws of the session with five sources, on `draws` topologies. Paper §5.3: 100 on 25. */
  readonly manyDraws: number;
  /** Draws of the sessions of the ablation, and of other topologies. */
  readonly fewDraws: number;
  /** SCXs of a session unless a figure says otherwise. Paper §5.1: 100. */
  readonly scxs: number;
  /** Session sizes of the scaling figures. */
  readonly sizes: readonly number[];
  /** Sizes of which one draw is simulated, with `fast` only. */
  readonly largeSizes: readonly number[];
  /** Simulated time of a run, ms. */
  readonly untilMs: Readonly<Record<Profile, number>>;
  readonly topologies: readonly TopologyName[];
}

/** What may differ from the paper's usual session (§5.1): 100 SCXs, 1 source, <3,4>, ts1000n. */
export interface Variation {
  readonly topology?: TopologyName;
  readonly scxs?: number;
  readonly sources?: number;
  readonly draws?: number;
  /** Constants that replace the profile's, and a name for them. */
  readonly named?: string;
  readonly overrides?: Partial<GossamerConfig>;
}

/** A session under a profile. */
export function sessionOf(scope: Scope, profile: Profile, variation: Variation = {}): Session {
  const { topology = 'ts1000n', scxs = scope.scxs, sources = 1, named, overrides } = variation;
  const { draws = scope.draws } = variation;
  const config = { ...PROFILES[profile], ...overrides };
  const rules = named === undefined ? profile : `${profile}, ${named}`;
  const id = `${topology}, ${scxs} SCXs, ${sources} sources, ${rules}`;
  return {
    ...{ id, topology, scxs, sources, config, draws },
    untilMs: scope.untilMs[profile],
    // Whoever looks at fast looks at its routes, which change in a quiet mesh, too.
    endsWhenQuiet: profile === 'paper',
    topologies: scope.draws,
  };
}

/** Sources of figures 6 to 10 (§5.3). */
const MANY_SOURCES = 5;

/** The session that most figures share: the paper's usual one, with all draws. */
export const mainSession = (scope: Scope, profile: Profile, sources: number): Session =>
  sessionOf(scope, profile, {
    sources,
    draws: sources === MANY_SOURCES ? scope.manyDraws : scope.draws,
  });

/** The reports of a session's draws, in order. */
export type Reports = (session: Session) => readonly ExperimentReport[];
