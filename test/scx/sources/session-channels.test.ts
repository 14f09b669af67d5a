import { describe, expect, test } from 'vitest';
import { createSessionChannels } from '../../../src/scx/sources/session-channels.js';
import { ENTRY_CHANNEL } from '../../../src/session/channels.js';

describe('The channels of a session in an SCX', () => {
  test('are those of its launch, and those that are announced later', () => {
    const channels = createSessionChannels([{ id: 1 }, { id: 2 }]);
    expect(channels.added()).toEqual([]);
    channels.update([{ id: 1 }, { id: 2 }, { id: 7, rateKbps: 64 }]);
    channels.update([{ id: 2 }, { id: 7, rateKbps: 80 }, { id: 8 }]);
    expect(channels.added()).toEqual([7, 8]);
    expect(channels.all()).toEqual([{ id: 1 }, { id: 2 }, { id: 7, rateKbps: 80 }, { id: 8 }]);
  });

  test('never become those of a directory, nor more than an announcement may have', () => {
    const channels = createSessionChannels([{ id: 1 }]);
    channels.update([{ id: ENTRY_CHANNEL }]);
    expect(channels.has(ENTRY_CHANNEL)).toBe(false);
    channels.update(Array.from({ length: 40 }, (_, index) => ({ id: 100 + index })));
    expect(channels.all()).toHaveLength(16);
    expect(channels.has(1)).toBe(true);
  });
});
