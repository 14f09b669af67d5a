import { describe, expect, test } from 'vitest';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { shareOpenFiles } from '../../src/scx/open-file-shares.js';

/** Everything that a process with these shares may have open at a time. */
function sumOf({ listenersMax, spare, overlay }: ReturnType<typeof shareOpenFiles>): number {
  const { pendingMax, inboundMax, outboundControlMax, outboundDataMax } = overlay;
  return listenersMax + spare + pendingMax + inboundMax + outboundControlMax + outboundDataMax;
}

describe('The shares of an SCX process', () => {
  test.each([256, 300, 1024, 4096, 20_000, 1_048_576])('fit into %i files', (filesMax) => {
    expect(sumOf(shareOpenFiles(filesMax)) + 48).toBeLessThanOrEqual(filesMax);
  });

  test('leave the overlay alone where there is room, and 10,000 listeners', () => {
    const shares = shareOpenFiles(20_000);
    expect(shares.overlay).toMatchObject({ ...OVERLAY_LIMITS });
    expect(shares.listenersMax).toBeGreaterThanOrEqual(10_000);
    expect(shareOpenFiles(Number.POSITIVE_INFINITY)).toMatchObject({
      ...{ listenersMax: Number.POSITIVE_INFINITY, spare: 8192, overlay: OVERLAY_LIMITS },
    });
  });

  test('leave a mesh its edges, and at least one listener, however small the limit is', () => {
    for (const filesMax of [1, 64, 150]) {
      const { listenersMax, spare, overlay } = shareOpenFiles(filesMax);
      expect(listenersMax).toBeGreaterThanOrEqual(1);
      expect(spare).toBeGreaterThanOrEqual(64);
      expect(overlay.inboundMax).toBeGreaterThanOrEqual(21); // seven edges, two channels
    }
  });
});
