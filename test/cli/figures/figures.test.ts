/**
 * `figures`, without what draws a chart (chart/): the pool of threads that plays the runs, and the
 * files that a whole command writes. The real command, with its real times, is run from the
 * installed package (test/e2e/operate/installed-package.test.ts).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../../src/cli/figures/figures.js';
import { makeFigures } from '../../../src/cli/figures/make-figures.js';
import { createRunStore, hashCode } from '../../../src/cli/figures/run-store.js';
import { describeTime, estimateSeconds } from '../../../src/cli/simulate/expected-time.js';
import type { Job } from '../../../src/cli/simulate/job.js';
import { playJobs } from '../../../src/cli/simulate/job-pool.js';
import { FAST, PAPER } from '../../../src/gossamer/core/config.js';
import { EXIT } from '../../../src/lib/user-error.js';
import type { ExperimentReport } from '../../../src/simulator/experiment/experiment.js';
import { FIGURES } from '../../../src/simulator/figures/figures.js';
import { scopeOf } from '../../../src/simulator/figures/sessions/scope.js';
import { TS1000N } from '../../../src/simulator/topology/transit-stub.js';

const MATRIX = 'test/fixtures/topologies/planetlab490.txt.gz';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-figures-'));
afterAll(() => rmSync(directory, { recursive: true }));

const jobOf = (seed: number, untilMs = 10_000): Job => ({
  ...{ topology: { spec: 'transit-stub', transitStub: TS1000N }, seed, untilMs },
  ...{ scxs: 6, sources: 1, config: FAST, joinWithinMs: 5000, adusPerSecond: 0 },
});

describe('The pool', () => {
  test('gives the same reports in the order of the jobs, however many threads there are', async () => {
    // The first one takes longest, so reports do not come in the order of the jobs.
    const jobs = [jobOf(1, 30_000), jobOf(2, 5000), jobOf(3, 10_000)];
    const reported: number[] = [];
    const onReport = (_report: unknown, job: number) => reported.push(job);
    const parallel = await playJobs(jobs, { threads: 2, onReport });
    expect(parallel.map(({ drawn }) => drawn.seed)).toEqual([1, 2, 3]);
    expect(reported).toEqual([0, 1, 2]);
    expect(await playJobs(jobs, { threads: 1 })).toEqual(parallel);
  });

  test('rejects with the problem that the user can fix, and ends its threads', async () => {
    const spec = 'rtt:/no/such';
    const job = { ...jobOf(1), topology: { spec, transitStub: TS1000N } };
    const refusal = { exitCode: EXIT.file, message: expect.stringContaining('no such file') };
    await expect(playJobs([job, jobOf(2)])).rejects.toMatchObject(refusal);
    const topology = { spec: `rtt:${MATRIX}`, transitStub: TS1000N };
    const crowd = { ...jobOf(1), scxs: 491, topology };
    await expect(playJobs([crowd])).rejects.toThrow(/the topology has only 490 nodes/);
  });

  test('estimates more time for more work', () => {
    const [one] = [jobOf(1)];
    expect(estimateSeconds([one, one])).toBeCloseTo(2 * estimateSeconds([one]));
    expect(estimateSeconds([{ ...one, config: PAPER }])).toBeLessThan(estimateSeconds([one]));
    expect([describeTime(39.5), describeTime(600)]).toEqual(['40 s', '10 min']);
  });
});

describe('The command figures', () => {
  const settings = {
    json: false,
    draws: 1,
    scxs: 4,
    seed: 7,
    rtts: undefined,
    quick: true,
    full: false,
  };
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  // Every kind of session that a quick run has, with fewer SCXs and in less simulated time.
  const quick = scopeOf({ ...settings, hasMatrix: true });
  const scope = { ...quick, sizes: [2, 4, 6], untilMs: { paper: 20_000, fast: 10_000 } };
  beforeAll(async () => {
    for (const out of [first, second]) {
      expect(await makeFigures({ out, scope, seed: 7, matrix: MATRIX })).toBe(
        join(out, 'index.html'),
      );
    }
  });

  test('writes a page, and data and a picture for each figure', () => {
    const files = FIGURES.flatMap(({ id }) => [`${id}.csv`, `${id}.svg`]);
    expect(readdirSync(first).sort()).toEqual([...files, 'index.html', 'runs'].sort());
  });

  test('goes on where it was stopped: only missing and damaged runs are played again', async () => {
    const runs = join(first, 'runs');
    const names = readdirSync(runs).sort();
    const page = readFileSync(join(first, 'index.html'), 'utf8');
    const [missing, damaged, kept] = names.map((name) => join(runs, name)) as [
      string,
      string,
      string,
    ];
    const since = statSync(kept).mtimeMs;
    rmSync(missing);
    writeFileSync(damaged, 'damaged');
    await makeFigures({ out: first, scope, seed: 7, matrix: MATRIX });
    expect(readdirSync(runs).sort()).toEqual(names);
    expect(readFileSync(damaged, 'utf8')).not.toBe('damaged');
    expect(statSync(kept).mtimeMs).toBe(since);
    expect(readFileSync(join(first, 'index.html'), 'utf8')).toBe(page);
  });

  test('plays a run again when its job or the code has changed', () => {
    const store = createRunStore(join(directory, 'store'), 'code');
    const [one, other] = [jobOf(1), { ...jobOf(1), config: { ...FAST, stallMs: Infinity } }];
    const report = { drawn: { seed: 1 }, sources: [{ ratio: Number.NaN }] };
    store.save(one, report as unknown as ExperimentReport);
    expect(store.load(one)).toEqual(report);
    expect(store.load(other)).toBeUndefined();
    expect(createRunStore(join(directory, 'store'), 'other').load(one)).toBeUndefined();
    expect(hashCode()).toBe(hashCode());
  });

  test('gives the same bytes for the same seed', () => {
    for (const name of readdirSync(first).filter((file) => file !== 'runs')) {
      const [a, b] = [first, second].map((path) => readFileSync(join(path, name), 'utf8'));
      expect(a === b, name).toBe(true);
    }
  });

  test('makes a page that needs no other file and holds every figure', () => {
    const page = readFileSync(join(first, 'index.html'), 'utf8');
    for (const { id } of FIGURES) expect(page).toContain(`<section id="${id}">`);
    expect(page).not.toMatch(/<(script|link|img)|url\((?!#)|src=/);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).not.toContain('NaN');
  });

  test('refuses two scopes at once, and a directory that cannot be made', async () => {
    const both = command.run({ ...settings, out: first, full: true }, []);
    await expect(both).rejects.toMatchObject({ exitCode: EXIT.usage });
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const onFile = command.run({ ...settings, out: join(file, 'x') }, []);
    await expect(onFile).rejects.toMatchObject({ exitCode: EXIT.file });
  });
});
