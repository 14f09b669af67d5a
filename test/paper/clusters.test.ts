/**
 * §2.3: the cluster platform, "that provides the function of creating SCXs when required and
 * ensuring that the SCXs remain available and recover from faults." Here its decisions, by the
 * supervisor machine; processes are started and killed in test/cluster and test/e2e.
 */
import { describe, expect, test } from 'vitest';
import { answered, DAY, launchOf, loud, setUp, stopped } from '../cluster/supervisor/supervised.js';
import { NIGHT } from '../cluster/support.js';

describe('§2.3: SCX environment', () => {
  test('§2.3, §2.1: an SCX is created on demand, for a specific session', () => {
    const { want, lease } = setUp();
    expect(want(1, 0)).toEqual([launchOf(1)]);
    expect(lease(1, 300)).toEqual([answered(1, 1)]);
    expect(want(2, 400, DAY)).toEqual([launchOf(2, 8102, DAY)]);
  });

  test('§2.1: one SCX simultaneously serves many clients', () => {
    const { want, lease } = setUp();
    want(1, 0);
    lease(1, 300);
    for (let client = 2; client <= 20; client++) {
      expect(want(client, 400)).toEqual([answered(client, 1)]);
    }
  });

  test('§2.3: SCXs are monitored for faults: one that hangs is killed', () => {
    const { want, lease, runUntil } = setUp();
    want(1, 0);
    lease(1, 300);
    lease(1, 1300);
    expect(runUntil(6000)).toEqual([]);
    expect(runUntil(7000)).toEqual([stopped(1, 'SIGKILL')]);
  });

  test('§2.3: the platform recovers from failures: an SCX that crashed with clients is replaced', () => {
    const { want, lease, exited } = setUp();
    want(1, 0);
    lease(1, 300, { listeners: 2 });
    expect(loud(exited(1, 1000, null, 'SIGSEGV'))).toEqual([launchOf(2)]);
    expect(lease(2, 1300)).toEqual([]);
    expect(want(2, 1400)).toEqual([answered(2, 2)]);
  });

  test('§3.4: rendezvous points remain alive for the entire duration of the session', () => {
    const { keep, lease, exited } = setUp();
    expect(keep(0)).toEqual([launchOf(1, 8100, NIGHT, true)]);
    lease(1, 300);
    expect(loud(exited(1, 60_000, 0))).toEqual([launchOf(2, 8100, NIGHT, true)]);
  });
});
