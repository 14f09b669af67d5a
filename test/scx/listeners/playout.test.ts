import { describe, expect, test } from 'vitest';
import {
  packPlaybackState,
  predecessorSchema,
  unpackPlaybackState,
} from '../../../src/scx/hand-over/messages.js';
import { createPlayout } from '../../../src/scx/listeners/playout.js';
import { audioAdu, newIdentities, nodeId, source, sourceId } from '../support.js';

/** A playout of two sources, `a` of the higher priority, and a clock that the test moves. */
function open() {
  let now = 0;
  const playout = createPlayout(
    { identities: newIdentities(), burstMs: 1000, listenersMax: 5, writeIntervalMs: 250 },
    () => now,
  );
  for (const [digit, priority] of [['a', 200] as const, ['b', 100] as const]) {
    playout.onEvent({ kind: 'sourceUp', source: source(digit, priority), scx: nodeId('f') });
  }
  const sequences = { a: 0, b: 0 };
  return {
    playout,
    hear: (digit: 'a' | 'b', at: number): void => {
      now = at;
      playout.handleAdu(audioAdu(digit, sequences[digit]++));
    },
    playing: (at: number) => {
      now = at;
      return playout.playing();
    },
  };
}

describe('A playout', () => {
  test('plays another source after 900 ms of silence, not earlier', () => {
    const { hear, playing } = open();
    hear('a', 0);
    hear('b', 900);
    expect(playing(900)).toBe(sourceId('a'));
    hear('b', 901);
    expect(playing(901)).toBe(sourceId('b'));
  });

  test('plays another source 100 ms after the last frame of one that has left', () => {
    const { playout, hear, playing } = open();
    hear('a', 1000);
    playout.onEvent({ kind: 'sourceDown', source: sourceId('a') });
    hear('b', 1100);
    expect(playing(1100)).toBe(sourceId('a'));
    hear('b', 1101);
    expect(playing(1101)).toBe(sourceId('b'));
  });

  test('has played its source since its predecessor has', () => {
    const [old, next] = [open(), open()];
    old.hear('a', 1000);
    old.hear('a', 5000);
    next.hear('a', 100);
    const message = packPlaybackState(old.playout.state(5000));
    const sent = predecessorSchema.parse(JSON.parse(JSON.stringify(message)));
    next.playout.resume(unpackPlaybackState(sent as typeof message), 200);
    expect(next.playout.onAir.since).toBe(200 - 4000);
    expect(old.playout.state(50_000).playingForMs).toBeUndefined();
  });

  test('is off the air after five seconds of silence', () => {
    const { playout, hear, playing } = open();
    hear('a', 1000);
    expect(playing(6000)).toBe(sourceId('a'));
    expect(playout.ring.burst(1000)).toBeDefined();
    expect(playout.ring.burst(6000)).toBeDefined();
    expect(playing(6001)).toBeUndefined();
    expect(playout.ring.burst(6001)).toBeUndefined();
  });
});
