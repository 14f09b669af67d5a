/**
 * The supervisor's sessions. A session is remembered while it has an SCX, is published here or is
 * waited for, and as long as its quick deaths count. Slots that hold nothing but a record of deaths
 * are dropped when there are too many, so requests for ever new names cannot fill the memory.
 */
import { createSlot, isIdle, type SessionSlot } from './session-slot.js';
import type { SupervisorConfig } from './supervisor-config.js';

export interface SlotTable {
  get(session: string): SessionSlot | undefined;
  /** The session's slot, a new one if it is not remembered. */
  open(session: string, now: number): SessionSlot;
  /** Drops the slot if there is nothing to remember. */
  tidy(slot: SessionSlot, now: number): void;
  all(): readonly SessionSlot[];
}

/** Creates a table without sessions. */
export function createSlotTable(config: SupervisorConfig): SlotTable {
  const slots = new Map<string, SessionSlot>();

  const isForgotten = (slot: SessionSlot, now: number): boolean =>
    isIdle(slot) && (slot.deaths === 0 || now > slot.retryAt + config.memoryMs);

  const tidy = (slot: SessionSlot, now: number): void => {
    if (isForgotten(slot, now)) slots.delete(slot.session);
  };

  const makeRoom = (now: number): void => {
    for (const slot of slots.values()) tidy(slot, now);
    if (slots.size < config.sessionsMax) return;
    const oldest = [...slots.values()].find(isIdle);
    if (oldest !== undefined) slots.delete(oldest.session);
  };

  return {
    get: (session) => slots.get(session),
    open: (session, now) => {
      const known = slots.get(session);
      if (known !== undefined && !isForgotten(known, now)) return known;
      if (slots.size >= config.sessionsMax) makeRoom(now);
      const slot = createSlot(session);
      slots.set(session, slot);
      return slot;
    },
    tidy,
    all: () => [...slots.values()],
  };
}
