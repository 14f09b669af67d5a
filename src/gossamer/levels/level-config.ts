/**
 * The constants of a session with two levels (docs/levels.md). All are guesses, measured by
 * `npm run bench -- levels`.
 */
import { FAST, type GossamerConfig } from '../core/config.js';

export interface LevelsConfig {
  /** The rules within a neighbourhood, and those between representatives. */
  readonly lower: GossamerConfig;
  readonly upper: GossamerConfig;
  /** Members of a neighbourhood that take part in the upper mesh. */
  readonly representatives: number;
  /**
   * The share of newcomers that found a neighbourhood, and of members that must leave theirs and find
   * no room elsewhere, each time: so neighbourhoods have 1 / share members, as a mean.
   */
  readonly founders: number;
  /** Members at which a neighbourhood takes no others, ... */
  readonly membersFull: number;
  /** ... beyond which its youngest members go elsewhere, ... */
  readonly membersMax: number;
  /** ... and below which its members join a larger one. */
  readonly membersMin: number;
  /** How soon after entering a neighbourhood a nearer one is looked for, ms; then it doubles. */
  readonly lookFirstMs: number;
  readonly lookLastMs: number;
  /** A member moves for a round trip that is shorter than this share of the present one, ... */
  readonly nearerShare: number;
  /** ... and by more than this, ms. */
  readonly nearerMs: number;
}

/**
 * A neighbourhood is recognised by its oldest member, so each member must know all others soon (within
 * `newcomerMs`): members are told without a limit of the rate.
 */
const RULES = { ...FAST, sightingIntervalMs: 0 };

/** Production's rules at both levels; each SCX knows at most 100 + 100 members. */
export const TWO_LEVELS: LevelsConfig = Object.freeze({
  lower: { ...RULES, membersMax: 110 },
  upper: { ...RULES, membersMax: 90 },
  representatives: 2,
  founders: 1 / 48,
  membersFull: 80,
  membersMax: 100,
  membersMin: 16,
  lookFirstMs: 5000,
  lookLastMs: 120_000,
  nearerShare: 0.7,
  nearerMs: 2,
});

/** Intervals that no configuration changes, ms. */
export const LEVEL_TIMEOUTS = Object.freeze({
  /** One round of a search ends after this, if not all have answered. */
  answersMs: 1000,
  /** A search that nobody answered is repeated after this. */
  repeatMs: 2000,
  /** How often members look at their neighbourhood: who is oldest, how large it is. */
  upkeepMs: 2000,
  /** A newcomer does not know all the members yet, so it does not count itself among the oldest. */
  newcomerMs: 6000,
  /** A small neighbourhood may yet grow for this time. */
  growMs: 20_000,
  /** A move ends after this, whether or not all sources are heard in the new neighbourhood. */
  moveMs: 10_000,
});
