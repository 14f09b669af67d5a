/** Texts of strangers in the documents of Icecast's administration. */
import { describe, expect, test } from 'vitest';
import {
  type AdminSource,
  listenersAnswer,
  mountsAnswer,
  outcomeAnswer,
  statsAnswer,
} from '../../../src/icecast/statistics/admin-xml.js';

const SERVER = {
  host: 'radio.example',
  product: 'Scattercast 1',
  startedAt: '2024-01-01T00:00:00Z',
};
const TOTALS = { listeners: 3, listenerConnections: 9, sourceConnections: 2 };

const source = (over: Partial<AdminSource> = {}): AdminSource => ({
  ...{ mount: '/night.mp3', name: 'Night', description: null, genre: null, title: null },
  ...{ bitrateKbps: null, listeners: 3, listenersPeak: 4, listenersMax: 10 },
  ...{ listenUrl: 'http://radio.example/night.mp3', startedAt: '2024-01-01T00:00:00Z' },
  ...{ client: undefined, slowListeners: 0, bytesRead: 1, bytesSent: 2 },
  ...over,
});

/** What XML 1.0 allows (§2.2). */
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const NASTY = 'a\0\x01\x08\x0b\x1b[2J\x7f\ufffe\uffff\ud800 </title><x y="&amp;">]]>';

describe('A document of the administration', () => {
  test.each([
    ['a title', statsAnswer(SERVER, TOTALS, [source({ title: NASTY })])],
    ['a name', statsAnswer(SERVER, TOTALS, [source({ name: NASTY, description: NASTY })])],
    ['a mount', mountsAnswer([source({ mount: `/${NASTY}` })], 0)],
    [
      'an encoder',
      statsAnswer(SERVER, TOTALS, [source({ client: { address: NASTY, agent: NASTY } })]),
    ],
    [
      'a player',
      listenersAnswer('/night.mp3', 1, [{ id: 1, address: NASTY, agent: NASTY, connectedS: 0 }]),
    ],
    ['a message', outcomeAnswer(NASTY, false)],
  ])('is well-formed whatever %s is called', (_what, { body }) => {
    expect(body).toMatch(ALLOWED);
    expect(body).not.toContain('<x');
    expect(body).not.toContain('\x1b');
    expect(body).toContain('&lt;x');
  });

  test('says nothing of what is not known', () => {
    const { body } = statsAnswer(SERVER, TOTALS, [source()]);
    for (const name of ['title', 'source_ip', 'user_agent', 'bitrate']) {
      expect(body).not.toContain(`<${name}>`);
    }
    expect(body).toContain('<public>0</public>');
    expect(statsAnswer(SERVER, TOTALS, [source({ isListed: true })]).body).toContain(
      '<public>1</public>',
    );
    const known = source({ client: { address: '192.0.2.1', agent: '' }, listenersMax: null });
    const other = statsAnswer(SERVER, TOTALS, [known]).body;
    expect(other).toContain('<source_ip>192.0.2.1</source_ip>');
    expect(other).toContain('<max_listeners>unlimited</max_listeners>');
    expect(other).not.toContain('<user_agent>');
  });

  test('counts', () => {
    const { body } = statsAnswer(SERVER, TOTALS, [source(), source({ mount: '/day.mp3' })]);
    expect(body).toContain('<clients>5</clients><connections>11</connections>');
    expect(body).toContain('<sources>2</sources>');
    const at = Date.parse('2024-01-01T00:01:40.900Z');
    expect(mountsAnswer([source()], at).body).toContain('<Connected>100</Connected>');
    expect(mountsAnswer([source()], 0).body).toContain('<Connected>0</Connected>');
  });
});
