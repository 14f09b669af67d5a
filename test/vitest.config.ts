/**
 * The gate's tests, in projects that differ in what they cost. On two cores the gate must end
 * within ten minutes, so what computes gets a worker for each core, and what waits for sound gets
 * more than that.
 *
 * Except for `mocks` and `drills`, files share processes and the modules that they import (no
 * isolation), as starting a process and loading them again for each file takes half a second of a
 * core. So a file has no mocked modules and leaves no global changed.
 *
 * - `core`: everything that runs inside the test's own process. `npm run test:fast` runs `core` and
 *   `mocks`, without whole simulated sessions.
 * - `mocks`: replaces modules or the clock, so each file has a process of its own: in a shared one, an
 *   interval that another test has left would run on the fake clock, hundreds of thousands of times.
 * - `e2e`: processes from the build: clusters, encoders and players, which wait for sound most of the
 *   time.
 * - `drills`: measures gaps while processes die, so few run beside each other, each file in a process
 *   that has nothing else to clean up.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.js';

const setupFiles = [
  'test/loopback-only.ts',
  'test/clean-up.ts',
  'test/patience.ts',
  'test/single-processes.ts',
];
/** As in test/patience.ts. */
const expect = { poll: { timeout: 20_000, interval: 5 } };

const MOCKS = [
  'test/client/track/stall-watch.test.ts',
  'test/cluster/ingest/shoutcast.test.ts',
  'test/cluster/ingest/title-routes.test.ts',
  'test/cluster/web/sort-connections.test.ts',
  'test/http/client/guarded-fetch.test.ts',
  'test/http/server/access-log.test.ts',
  'test/http/server/response.test.ts',
  'test/scx/ingest/encoder-client.test.ts',
  'test/scx/ingest/paced-queue.test.ts',
  'test/scx/listeners/send-queue-watch.test.ts',
  'test/web/player.test.ts',
];
/** Single processes from the build, without a cluster. */
const PROCESS = [
  'test/cli/main.test.ts',
  'test/cli/commands/broadcast-standard-input.test.ts',
  'test/cli/commands/environment.test.ts',
  'test/cli/shell/output.test.ts',
  'test/cli/shell/stop-signal.test.ts',
  'test/cluster/cluster.test.ts',
  'test/cluster/platform/process-platform.test.ts',
  'test/cluster/platform/spares.test.ts',
  'test/scx/sources/fallback-process.test.ts',
];
/** Attacks on real processes. */
const ATTACKS = ['test/attacks/known-classes/*.test.ts', 'test/attacks/names.test.ts'];
const DRILLS = ['test/e2e/drills/*.test.ts'];

/** Two cores, and one more worker, as some of these tests wait for sockets. */
const COMPUTING = 3;
/** What waits leaves room for others. */
const WAITING = 7;
/** So do drills, but not for as many: they look at gaps. */
const DRILLING = 4;

const inProcess = {
  setupFiles,
  expect,
  testTimeout: 150_000,
  hookTimeout: 60_000,
  restoreMocks: true,
};
const slow = { setupFiles, expect, testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './scripts/tally-reporter.ts'],
    projects: [
      {
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', ...ATTACKS, ...MOCKS, ...PROCESS],
          ...inProcess,
          isolate: false,
          maxWorkers: COMPUTING,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'mocks',
          include: MOCKS,
          ...inProcess,
          maxWorkers: COMPUTING,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', ...ATTACKS, ...PROCESS],
          exclude: DRILLS,
          ...slow,
          isolate: false,
          maxWorkers: WAITING,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'drills',
          include: DRILLS,
          ...slow,
          maxWorkers: DRILLING,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
