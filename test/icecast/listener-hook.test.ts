import { describe, expect, test } from 'vitest';
import { type HookedListener, hookForm, hookVerdict } from '../../src/icecast/listener-hook.js';

const listener: HookedListener = {
  ...{ client: 7, mount: '/a/night.mp3?t=1&u=é', address: '10.0.0.7', agent: 'VLC/3 "x"' },
  ...{ user: 'ann', password: 'p&ss =' },
};
const server = { host: 'radio.example', port: 8100 };

describe('The form of a hook', () => {
  test('is that of Icecast, field by field and in its order', () => {
    expect(hookForm({ action: 'listener_add', listener }, server)).toBe(
      'action=listener_add&server=radio.example&port=8100&client=7' +
        '&mount=%2Fa%2Fnight.mp3%3Ft%3D1%26u%3D%C3%A9&user=ann&pass=p%26ss+%3D' +
        '&ip=10.0.0.7&agent=VLC%2F3+%22x%22',
    );
    expect(hookForm({ action: 'listener_remove', listener, durationS: 3 }, server)).toContain(
      '&pass=p%26ss+%3D&duration=3&ip=10.0.0.7&agent=',
    );
    expect(hookForm({ action: 'mount_add', mount: '/a/night.mp3' }, server)).toBe(
      'action=mount_add&mount=%2Fa%2Fnight.mp3&server=radio.example&port=8100',
    );
  });

  test('cannot be given further fields by a listener', () => {
    const evil = { ...listener, agent: 'x&action=mount_remove\r\n&user=root' };
    const form = new URLSearchParams(hookForm({ action: 'listener_add', listener: evil }, server));
    expect(form.getAll('action')).toEqual(['listener_add']);
    expect(form.getAll('user')).toEqual(['ann']);
  });
});

describe('The verdict of a hook', () => {
  const admitted = (limitMs?: number) => ({ kind: 'admitted', limitMs });
  test.each([
    [200, { 'icecast-auth-user': '1' }, admitted()],
    [500, { 'icecast-auth-user': ' 1 ' }, admitted()],
    [200, { 'icecast-auth-user': '1', 'icecast-auth-timelimit': '900' }, admitted(900_000)],
    [200, { 'icecast-auth-user': '1', 'icecast-auth-timelimit': '9999999999' }, admitted()],
    [200, { 'icecast-auth-user': '1', 'icecast-auth-timelimit': '-3' }, admitted()],
    [
      200,
      { 'icecast-auth-message': ' Not   paid\x1b[2J' },
      { kind: 'denied', message: 'Not paid[2J' },
    ],
    [200, { 'icecast-auth-message': 'Pas pay\xc3\xa9' }, { kind: 'denied', message: 'Pas payé' }],
    [
      200,
      { 'icecast-auth-message': 'x'.repeat(999) },
      { kind: 'denied', message: 'x'.repeat(200) },
    ],
    [500, { 'icecast-auth-message': 'broken' }, { kind: 'failed' }],
    [200, { 'icecast-auth-user': '0' }, { kind: 'denied' }],
    [200, { 'icecast-auth-user': '11' }, { kind: 'denied' }],
    [200, { 'icecast-auth-user': ['1', '1'] }, { kind: 'denied' }],
    [200, {}, { kind: 'denied' }],
    [302, {}, { kind: 'denied' }],
    [404, {}, { kind: 'denied' }],
    [500, {}, { kind: 'failed' }],
    [503, {}, { kind: 'failed' }],
  ])('of status %i and %j is %j', (status, headers, verdict) => {
    expect(hookVerdict(status, headers)).toEqual(verdict);
  });
});
