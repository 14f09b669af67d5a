import { describe, expect, test } from 'vitest';
import { shareFrontEnd } from '../../src/cluster/open-file-shares.js';

describe('The shares of a front end', () => {
  test.each([200, 300, 1024, 4096, 20_000])('fit into %i files', (filesMax) => {
    const { scxsMax, connectionsMax, proxiedMax, encodersMax } = shareFrontEnd(filesMax, 64);
    expect(scxsMax + connectionsMax + proxiedMax + encodersMax).toBeLessThanOrEqual(filesMax - 100);
  });

  test('are what they are without a limit, where there is room', () => {
    const ample = { scxsMax: 64, connectionsMax: 4096, proxiedMax: 1024, encodersMax: 256 };
    expect(shareFrontEnd(Number.POSITIVE_INFINITY, 64)).toEqual({ ...ample, busyAbove: 3072 });
    expect(shareFrontEnd(20_000, 64)).toEqual({ ...ample, busyAbove: 3072 });
  });

  test('are never nothing, and keep connections for saying that there are too many', () => {
    const small = shareFrontEnd(10, 64);
    expect(small).toMatchObject({ scxsMax: 1, proxiedMax: 1, encodersMax: 1, connectionsMax: 1 });
    const { busyAbove, connectionsMax } = shareFrontEnd(300, 64);
    expect(busyAbove).toBeLessThan(connectionsMax);
  });
});
