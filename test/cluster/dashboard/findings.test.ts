/** What is not as it should be, and what to do about it. */
import { describe, expect, test } from 'vitest';
import type { MachineLine, SessionLine } from '../../../src/api/dashboard/snapshot.js';
import { type Facts, findingsOf } from '../../../src/cluster/dashboard/findings.js';

const AT = 1_700_000_000_000;
const LOAD = {
  ...{ load: 0.5, cores: 2, memoryFree: 4e9, memoryTotal: 8e9 },
  ...{ diskFree: 50e9, diskTotal: 100e9 },
};
const machine = (more: Partial<MachineLine> = {}): MachineLine => ({
  ...{ name: 'one', isReady: true, isActive: true, scxs: 1, listeners: 3, load: LOAD },
  ...more,
});
const session = (more: Partial<SessionLine> = {}): SessionLine => ({
  ...{ path: 'a.example/one', title: null, onAir: true, kept: true, playing: null, kbps: 128 },
  ...{ listeners: 3, listenersPeak: 4, listenersMax: 100, scxs: 1, failovers: {}, lost: {} },
  ...more,
});
const WELL: Facts = {
  at: AT,
  cluster: {
    ...{ url: 'http://a', version: '1', startedAt: '2024-01-01T00:00:00.000Z', listeners: 3 },
    ...{ scxs: 1, scxsMax: 10, sessions: 1, onAir: 1 },
  },
  sessions: [session()],
  ...{ encoders: [], refused: [], machines: [machine()], failures: [], isolated: [] },
  history: { isWritten: true, reason: '', lost: 0, bytes: 1 },
  isDiskWritable: true,
};
const encoder = { session: 'a.example/one', name: 'dj', mount: '/a', priority: 1, isPlayed: true };
const refusal = {
  ...{ session: 'a.example/one', network: '192.0.2.0/24', reason: 'Wrong password.', count: 3 },
  lastAt: '2024-01-01T00:00:00.000Z',
};
const death = (minutesAgo: number) => ({
  ...({ at: AT - minutesAgo * 60_000, kind: 'scx', session: 'a.example/one' } as const),
  text: 'It ended by SIGKILL.',
});

const told = (more: Partial<Facts>): string[] =>
  findingsOf({ ...WELL, ...more }).map(({ level, what, todo }) => `${level}: ${what} ${todo}`);

describe('Findings', () => {
  test('are none where all is well', () => {
    expect(told({})).toEqual([]);
    expect(told({ sessions: [session({ onAir: false, kept: false })] })).toEqual([]);
    expect(told({ failures: [death(90)] })).toEqual([]);
    expect(told({ history: null })).toEqual([]);
  });

  test.each([
    ['a full disk', { isDiskWritable: false }, /^red: The data directory.*Make room/],
    [
      'a history that cannot be written',
      { history: { isWritten: false, reason: 'SQLite: full', lost: 9, bytes: 0 } },
      /^amber: The history.*SQLite: full.*not affected/,
    ],
    [
      'little room on the disk',
      { machines: [machine({ load: { ...LOAD, diskFree: 9e6 } })] },
      /^amber: Only 9 MB.*Make room/,
    ],
    [
      'a machine that is away',
      { machines: [machine({ isReady: false })] },
      /^red: .*docker node ls/,
    ],
    ['a machine to be emptied', { machines: [machine({ isActive: false })] }, /^amber: .*drained/],
    [
      'no memory',
      { machines: [machine({ load: { ...LOAD, memoryFree: 1e8 } })] },
      /^red: The memory.*--max-scxs/,
    ],
    [
      'much work',
      { machines: [machine({ load: { ...LOAD, load: 5 } })] },
      /^amber: The processors/,
    ],
    [
      'no place for another SCX',
      { cluster: { ...WELL.cluster, scxs: 10 } },
      /^red: 10 of 10 SCXs.*--max-scxs/,
    ],
    ['few places', { cluster: { ...WELL.cluster, scxs: 9 } }, /^amber: 9 of 10 SCXs/],
    ['no neighbour', { isolated: ['a.example/one'] }, /^red: .*no neighbour.*firewall/],
    [
      'a session without a source',
      { sessions: [session({ onAir: false, listeners: 0 })] },
      /^amber: a.example\/one is off the air.*--fallback/,
    ],
    [
      'listeners without a source, whose encoder is refused',
      { sessions: [session({ onAir: false })], refused: [refusal] },
      /^red: .*off the air, and 3 wait.*refused 3 times: Wrong password. .*--dj/,
    ],
    ['silence', { encoders: [{ ...encoder, isSilent: true }] }, /^amber: .*silence.*sound card/],
    ['a death', { failures: [death(5)] }, /^amber: .*\(1×\).*SIGKILL.*logs/],
    ['deaths', { failures: [death(5), death(9), death(20)] }, /^red: .*\(3×\).*SIGKILL/],
  ])('tell of %s, and what to do', (_what, more, sentence) => {
    const found = told(more);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(sentence);
  });

  test('begin with what is urgent, and are not endless', () => {
    const sessions = Array.from({ length: 500 }, (_, index) =>
      session({ path: `a.example/${index}`, onAir: false, listeners: index % 2 }),
    );
    const found = findingsOf({ ...WELL, sessions });
    expect(found).toHaveLength(50);
    expect(new Set(found.map(({ level }) => level))).toEqual(new Set(['red']));
  });
});
