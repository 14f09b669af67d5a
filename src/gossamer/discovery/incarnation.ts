/**
 * Incarnations (Beyond §3.3): each member carries a number that grows with each refuted report of
 * its death, so that newer facts about it win over older ones. A new process has a new id.
 */
import type { Death } from '../core/message.js';

/**
 * A number that exceeds the known one by more is a lie, which would outlive all that the true node
 * can say.
 */
const INCARNATION_LEAP_MAX = 1000;

/** Whether an incarnation that was told is possible, given the known one. */
export const isPlausible = (told: Death, known: Death | undefined): boolean =>
  known === undefined || told.incarnation <= known.incarnation + INCARNATION_LEAP_MAX;
