import { describe, expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { icestatsOf, streamFields } from '../../../src/scx/port/stream-headers.js';
import { NIGHT as name } from '../support.js';

const UNKNOWN = { title: undefined, genre: undefined };

describe('The headers of a stream', () => {
  test('describe it, and name the session without a title', () => {
    expect(streamFields({ title: 'Nuit é', genre: 'Jazz' }, name, 128)).toEqual({
      ...{ 'icy-name': 'Nuit \xc3\xa9', 'icy-genre': 'Jazz', 'icy-br': 128, 'icy-pub': 0 },
      'x-scattercast-session': name.id,
    });
    const about = { ...UNKNOWN, text: 'Nuit é\r\nX: y', url: 'http://x/', isListed: true };
    expect(streamFields(about, name, 128)).toMatchObject({
      'icy-description': 'Nuit \xc3\xa9 X: y',
      'icy-url': 'http://x/',
      'icy-pub': 1,
    });
    expect(streamFields(UNKNOWN, name, undefined)).toMatchObject({
      'icy-name': 'radio.example/night',
      'icy-genre': undefined,
      'icy-br': undefined,
    });
  });
});

describe('status-json.xsl of an SCX', () => {
  const status = {
    ...{ session: name.id, httpUrl: 'http://radio.example:8001/night.mp3', title: 'Moonlight' },
    ...{ startedAt: '2026-11-22T23:00:00.000Z', bitrateKbps: 128, listeners: 1, listenersPeak: 2 },
    ...{ id: 'b'.repeat(16), playing: 'a'.repeat(16), sources: [] },
  } as unknown as ScxStatus;

  test('has the stream while it is on the air, and only then', () => {
    expect(icestatsOf(name, status, { title: 'Night', genre: 'Jazz' })).toMatchObject({
      icestats: {
        host: 'radio.example',
        source: { server_name: 'Night', genre: 'Jazz', title: 'Moonlight', listeners: 1 },
      },
    });
    const since = { ...status, playingSince: '2026-11-23T01:02:03.000Z' };
    expect(icestatsOf(name, since, UNKNOWN)).toMatchObject({
      icestats: {
        server_start_iso8601: '2026-11-22T23:00:00+0000',
        source: { stream_start_iso8601: '2026-11-23T01:02:03+0000' },
      },
    });
    expect(icestatsOf(name, status, UNKNOWN)).toMatchObject({
      icestats: { source: { server_name: name.text, genre: '' } },
    });
    expect(icestatsOf(name, { ...status, playing: null }, UNKNOWN)).not.toHaveProperty(
      'icestats.source',
    );
  });

  test('counts the whole session and names the mount that is fed, where the source is', () => {
    const sources = (scx: string, mount?: string) =>
      [{ id: 'a'.repeat(16), scx, audience: 7, mount }] as unknown as ScxStatus['sources'];
    const stats = (given: ScxStatus['sources']) =>
      icestatsOf(name, { ...status, sources: given }, UNKNOWN);
    const source = (listeners: number, listenurl: string) => ({
      icestats: { source: { listeners, listenurl } },
    });
    const url = 'http://radio.example:8001';
    expect(stats(sources(status.id, '/night'))).toMatchObject(source(7, `${url}/night`));
    expect(stats(sources(status.id, '/live'))).toMatchObject(source(7, `${url}/night.mp3`));
    expect(stats(sources('c'.repeat(16), '/night'))).toMatchObject(source(1, `${url}/night.mp3`));
  });
});
