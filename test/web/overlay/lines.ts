/** Lines of recordings for tests of the map. */
import type { GoneLine, ScxLine } from '../../../src/api/overlay-map/overlay-record.js';
import { nodeId, sourceId } from '../../scx/support.js';

/** An SCX with these neighbours, fed by `parent` from the source at `f`. */
export function scxLine(
  digit: string,
  at = 0,
  { neighbours = '', parent = '', failovers = 0, lost = 0, listeners = 0, x = 0, y = 0 } = {},
): ScxLine {
  const place = { x, y, height: 0 };
  return {
    ...{ kind: 'scx', at, id: nodeId(digit), place },
    sketch: {
      place,
      listeners,
      neighbours: [...neighbours].map((one) => ({ id: nodeId(one), rttMs: 10 })),
      sources: [
        {
          ...{ id: sourceId('a'), scx: nodeId('f'), audience: listeners },
          parent: parent === '' ? null : nodeId(parent),
        },
      ],
      ...{ failovers, stallMs: 0, repaired: 0, lost },
    },
  };
}

export const goneLine = (digit: string, at = 0): GoneLine => ({
  ...{ kind: 'gone', at, id: nodeId(digit), reason: 'closed' },
});
