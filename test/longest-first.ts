/**
 * The order of test files: those that take longest begin first, so that no worker is left alone with one
 * of them at the end. Vitest knows from an earlier run how long each took, but a clean checkout has none; it
 * then begins with the largest files, which are not the slowest.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest files of each project, as the gate prints them at its end, the longest first. */
const LONGEST = [
  'test/e2e/failures/front-end-encoders.test.ts',
  'test/e2e/operate/drain.test.ts',
  'test/e2e/failures/killed-processes.test.ts',
  'test/e2e/broadcast/icecast.test.ts',
  'test/e2e/broadcast/fallback.test.ts',
  'test/e2e/broadcast/ingest-requests.test.ts',
  'test/e2e/listen/rewind.test.ts',
  'test/e2e/broadcast/ingest.test.ts',
  'test/e2e/operate/lifetime.test.ts',
  'test/e2e/operate/installed-package.test.ts',
  'test/e2e/failures/clock.test.ts',
  'test/e2e/operate/swarm.test.ts',
  'test/attacks/names.test.ts',
  'test/attacks/known-classes/others.test.ts',
  'test/paper/distribution.test.ts',
  'test/paper/partitions.test.ts',
  'test/sim/session.test.ts',
  'test/cli/figures/figures.test.ts',
  'test/attacks/sound.test.ts',
  'test/paper/optimization.test.ts',
  'test/cluster/replica/replica.test.ts',
  'test/e2e/drills/soak.test.ts',
  'test/e2e/drills/drills.test.ts',
  'test/e2e/drills/side-by-side.test.ts',
];

const RANKS = new Map(LONGEST.map((path, index) => [path, index]));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      RANKS.get(relative(this.ctx.config.root, moduleId)) ?? LONGEST.length;
    const place = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => {
      if (place(a) !== place(b)) return place(a) - place(b);
      if (a.project.name !== b.project.name) return a.project.name < b.project.name ? -1 : 1;
      return rank(a) - rank(b);
    });
  }
}
