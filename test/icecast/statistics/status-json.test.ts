import { describe, expect, test } from 'vitest';
import { type IcecastSource, icestats } from '../../../src/icecast/statistics/status-json.js';

const SERVER = {
  ...{ host: 'radio.example', product: 'Scattercast' },
  startedAt: '2026-11-22T23:01:02.345Z',
};

const NIGHT: IcecastSource = {
  ...{ name: 'Night', description: null, genre: 'Jazz', title: 'Moonlight', bitrateKbps: 128 },
  ...{ listeners: 3, listenersPeak: 5, listenUrl: 'http://radio.example:8001/night.mp3' },
  startedAt: '2026-11-22T23:00:00.000Z',
};

const documentOf = (...sources: IcecastSource[]) =>
  (icestats(SERVER, sources) as { icestats: Record<string, unknown> }).icestats;

describe('status-json.xsl', () => {
  test('describes the server in the fields of Icecast', () => {
    expect(documentOf()).toEqual({
      ...{ admin: '', host: 'radio.example', location: '', server_id: 'Scattercast' },
      server_start: 'Sun, 22 Nov 2026 23:01:02 +0000',
      server_start_iso8601: '2026-11-22T23:01:02+0000',
      dummy: null,
    });
  });

  test('has one source as an object', () => {
    expect(documentOf(NIGHT).source).toEqual({
      audio_info: 'bitrate=128',
      ...{ bitrate: 128, genre: 'Jazz', listener_peak: 5, listeners: 3, title: 'Moonlight' },
      ...{ listenurl: NIGHT.listenUrl, server_description: '', server_name: 'Night' },
      ...{ server_type: 'audio/mpeg', stream_start: 'Sun, 22 Nov 2026 23:00:00 +0000' },
      ...{ stream_start_iso8601: '2026-11-22T23:00:00+0000', dummy: null },
    });
  });

  test('has several sources as a list, and leaves out what is unknown', () => {
    const bare = { ...NIGHT, title: null, bitrateKbps: null, genre: null };
    const { source } = documentOf(NIGHT, bare);
    expect(source).toMatchObject([{ title: 'Moonlight' }, { genre: '' }]);
    expect(Object.keys((source as object[])[1] ?? {})).not.toContain('title');
  });
});
