import { describe, expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { NO_DISTURBANCES } from '../../../src/api/scx-status.js';
import { invitation } from '../../../src/cli/commands/demo.js';
import { explainFailure } from '../../../src/cli/shell/failure.js';
import { clock, eventLines, statusLines } from '../../../src/cli/views/broadcast-view.js';
import { statusText } from '../../../src/cli/views/status-view.js';
import type { Progress } from '../../../src/client/broadcast/broadcast-progress.js';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import type { PublicKey } from '../../../src/session/public-key.js';

const progress: Progress = {
  state: 'onAir',
  title: 'Band - Song',
  positionMs: 61_500,
  lengthMs: 185_000,
  bitrateKbps: 128,
  listeners: 1,
  scx: '10.0.0.1:8101',
  sentMs: 61_500,
};

describe('The view of a broadcast', () => {
  test('shows title, position, length, bit rate, listeners and SCX', () => {
    expect(statusLines(progress)).toEqual([
      'on the air  Band - Song',
      '1:01 / 3:05   128 kbit/s   1 listener   SCX 10.0.0.1:8101',
    ]);
  });

  test('shows no length for a stream', () => {
    expect(statusLines({ ...progress, lengthMs: undefined })[1]).toMatch(/^1:01 {3}128/);
  });

  test('writes a line for what changes, and nothing for what does not', () => {
    const before: Progress = { ...progress, state: 'attaching', title: '' };
    expect(eventLines(undefined, before)).toEqual(['1:01 sent, 128 kbit/s, 1 listener']);
    expect(eventLines(before, progress)).toEqual([
      'on the air at SCX 10.0.0.1:8101',
      'now playing: Band - Song',
    ]);
    expect(eventLines(progress, { ...progress, positionMs: 62_000, listeners: 9 })).toEqual([]);
    expect(eventLines(progress, { ...progress, state: 'leaving' })).toEqual(['leaving']);
  });

  test('writes a line each minute of what was sent', () => {
    const later = { ...progress, sentMs: 120_010, listeners: 2 };
    expect(eventLines(progress, later)).toEqual(['2:00 sent, 128 kbit/s, 2 listeners']);
    expect(eventLines(later, { ...later, sentMs: 179_000 })).toEqual([]);
  });

  test('writes hours only when there are some', () => {
    expect([0, 59_999, 3_599_000, 3_600_000, 90_061_000].map(clock)).toEqual([
      ...['0:00', '0:59', '59:59', '1:00:00', '25:01:01'],
    ]);
  });
});

const scx: ScxStatus = {
  ...{ session: 'scattercast://radio.example/night', id: 'a'.repeat(16), pid: 4711 },
  ...{ httpUrl: 'http://h:8100', overlayAddress: 'h:8101', state: 'running', rendezvous: true },
  ...{
    startedAt: '',
    listeners: 3,
    listenersPeak: 5,
    listenersTotal: 0,
    listenersMax: 100,
    attachedSources: 1,
  },
  ...{ playing: null, title: 'Band - Song', bitrateKbps: 128, membersKnown: 2, generator: null },
  neighbours: [{ id: 'b'.repeat(16), address: 'n:8101', rttMs: 1.234, ours: true }],
  sources: [
    {
      ...{ id: 'c'.repeat(16), scx: 'a'.repeat(16), priority: 1, costMs: 0.5, path: [] },
      audience: 7,
      flows: [
        {
          ...{ channel: 1, parent: 'd'.repeat(16), children: ['e'.repeat(16)], next: 9 },
          ...{ received: 9, delivered: 8, forwarded: 9, duplicate: 0, missed: 1, stray: 0 },
        },
      ],
    },
  ],
  disturbances: { failovers: { closed: 0 }, stallMs: 0, repaired: {}, lost: {} },
};

const session = {
  ...{
    session: scx.session,
    key: 'k'.repeat(43) as PublicKey,
    path: 'radio.example/night',
    title: 'Night',
    kept: true,
  },
  ...{ listenUrl: 'http://h:8000/listen/radio.example/night.mp3', announcementUrl: null },
  ...{ onAir: true, listeners: 3, listenersPeak: 12, listenersTotal: 345 },
  ...{ sources: 1, scxs: [scx], genre: null, description: null, listenersMax: 100 },
  disturbances: NO_DISTURBANCES,
};

const cluster = {
  ...{ url: 'http://h:8000', version: '1.0.0', startedAt: '' },
  ...{ scxs: 1, scxsMax: 64, listeners: 3, listenersTotal: 345 },
};

describe('The status', () => {
  test('shows sessions, SCXs, neighbours with RTT, parents and children', () => {
    const text = statusText({ cluster, sessions: [session] });
    for (const seen of ['radio.example/night', 'on the air', 'Night', 'aaaaaaaa', '4711']) {
      expect(text).toContain(seen);
    }
    expect(text).toMatch(/Night +3 +12 +345 +1 +1 +http/);
    expect(text).toContain(' 3 of 100 ');
    expect(text).toMatch(/bbbbbbbb +n:8101 +1\.2 ms +ours/);
    expect(text).toMatch(/cccccccc +1 +dddddddd +eeeeeeee +0\.5 ms +7 +8 +1/);
    expect(text).not.toContain('\u001b');
  });

  test('names the processes that wait to become an SCX, with sessions or without', () => {
    const spares = [
      { pid: 4712, ready: true },
      { pid: 4713, ready: false },
    ];
    for (const sessions of [[], [session]]) {
      expect(statusText({ cluster: { ...cluster, spares }, sessions })).toMatch(
        /\n\nspare SCX: process 4712, ready\nspare SCX: process 4713, starting\n$/,
      );
      expect(statusText({ cluster, sessions })).not.toContain('spare');
    }
  });

  test('has a line with the disturbances of an SCX, and none if there were none', () => {
    const disturbances = {
      failovers: { closed: 2, silent: 0, route: 1 },
      ...{ stallMs: 420, repaired: { failover: 12 }, lost: { unkept: 0 } },
    };
    const disturbed = { ...session, scxs: [{ ...scx, disturbances }] };
    expect(statusText({ cluster, sessions: [disturbed] })).toMatch(
      /\n +3 failovers \(2 closed, 1 route\), 0\.42 s stalled, 12 frames repaired \(12 failover\)\n/,
    );
    expect(statusText({ cluster, sessions: [session] })).not.toMatch(/failover|stalled|lost/);
  });

  test('tells which SCXs did not deliver', () => {
    const avoided = { scxs: ['d'.repeat(32)], times: 3 };
    const lied = { ...session, scxs: [{ ...scx, avoided }] };
    expect(statusText({ cluster, sessions: [lied] })).toMatch(
      /\n +left SCXs that did not deliver 3 times, now avoids d+\n/,
    );
    expect(statusText({ cluster, sessions: [session] })).not.toContain('did not deliver');
  });

  test('tells whose key is heard, and who was refused and why', () => {
    const [source] = scx.sources;
    const refused = {
      ...{ network: '198.51.100.0', reason: 'the source password is wrong', count: 3 },
      lastAt: '2026-11-30T12:00:00.000Z',
    };
    const heard = { ...scx, sources: [{ ...source!, name: 'anna' }], refused: [refused] };
    const text = statusText({ cluster, sessions: [{ ...session, scxs: [heard] }] });
    expect(text).toMatch(new RegExp(`\\n +key ${session.key}\\n`));
    expect(text).toMatch(/\n +anna cccccccc +1 /);
    expect(text).toMatch(
      /\n +refused 3 times: the source password is wrong \(from 198\.51\.100\.0, last 2026-/,
    );
  });

  test('removes control characters from titles', () => {
    const hostile = { ...session, title: 'a\u001b[2Jb' };
    expect(statusText({ cluster, sessions: [hostile] })).toContain('a [2Jb');
  });

  test('has a sentence when there are no sessions', () => {
    expect(statusText({ cluster, sessions: [] })).toMatch(/^no sessions/);
  });
});

describe('A failure', () => {
  test('that the user can fix is one line with its exit code', () => {
    const error = new UserError(EXIT.bind, 'port 80 is taken');
    expect(explainFailure(error, true)).toEqual({
      lines: ['scattercast: port 80 is taken'],
      exitCode: EXIT.bind,
    });
  });

  test('of a machine that lacks something names it', () => {
    const error = { code: 'EMFILE', syscall: 'open', path: '/a' };
    expect(explainFailure(Object.assign(new Error('x'), error), false)).toEqual({
      lines: [
        'scattercast: cannot open /a: too many files are open in this process (ulimit -n) ' +
          '(is a limit too low? see ulimit -a)',
      ],
      exitCode: EXIT.file,
    });
  });

  test('that is a bug is one line, and has a stack trace only on request', () => {
    const error = new Error('assertion failed: x');
    expect(explainFailure(error, false)).toEqual({
      lines: ['scattercast: this is a bug: assertion failed: x (--debug prints the stack trace)'],
      exitCode: EXIT.internal,
    });
    expect(explainFailure(error, true).lines.join('\n')).toContain('views.test.ts');
    expect(explainFailure('odd', false).exitCode).toBe(EXIT.internal);
  });
});

test('The demo says how to listen', () => {
  expect(invitation('http://localhost:8000')).toContain(
    '  mpg123 http://localhost:8000/listen/localhost/demo.mp3\n',
  );
});
