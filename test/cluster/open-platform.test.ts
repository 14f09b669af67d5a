import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ClusterOptions } from '../../src/cluster/cluster-options.js';
import { openPlatform } from '../../src/cluster/open-platform.js';
import { quiet, temporaryFolder } from './support.js';

const SWARM = { image: 'image', name: 'scattercast', socket: '/nowhere' };

function optionsWith(over: Partial<ClusterOptions>): ClusterOptions {
  const dataDir = temporaryFolder();
  const clusterSecret = `${dataDir}/text`;
  writeFileSync(clusterSecret, 'a text that was drawn at random, and is long enough');
  return {
    ...{ port: 8000, host: '127.0.0.1', listenHost: '127.0.0.1', dataDir, clusterSecret },
    ...{ scxPorts: 'any', maxScxs: 4, allowPrivate: true, entry: '/main.js', log: quiet },
    ...over,
  };
}

describe('The platform of a cluster', () => {
  test('is that of this machine by default, and shared on a Swarm', async () => {
    const here = await openPlatform(optionsWith({}));
    const swarm = await openPlatform(optionsWith({ swarm: SWARM }));
    expect([here.shared === undefined, swarm.shared === undefined]).toEqual([true, false]);
    here.close();
    swarm.close();
  });

  test.each<[string, Partial<ClusterOptions>]>([
    ['--swarm-image', { swarm: { ...SWARM, image: undefined } }],
    ['another --swarm-name', { swarm: { ...SWARM, name: 'Radio Example' } }],
    ['--cluster-secret', { swarm: SWARM, clusterSecret: undefined }],
    ['a fixed --port', { swarm: SWARM, port: 0 }],
  ])('swarm needs %s', async (what, over) => {
    await expect(openPlatform(optionsWith(over))).rejects.toThrow(`--platform swarm needs ${what}`);
  });

  test('swarm refuses multicast, and says what to do; this machine takes it', async () => {
    const multicast = { groups: '239.192.40.0/24', interface: 'lo', ttl: 1, isAlways: false };
    const refused = openPlatform(optionsWith({ swarm: SWARM, multicast }));
    await expect(refused).rejects.toThrow(
      /--multicast is not possible with --platform swarm.*cluster/,
    );
    (await openPlatform(optionsWith({ multicast }))).close();
  });
});
