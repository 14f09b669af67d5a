import { describe, expect, test } from 'vitest';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { parseRenditionPath, parseRenditions } from '../../src/session/renditions.js';
import { problemsOf } from './support.js';

describe('Renditions', () => {
  test('are different rates of MP3, and are put in order', () => {
    expect(parseRenditions('32,128,64')).toEqual({ ok: true, value: [128, 64, 32] });
    expect(parseRenditions('48')).toEqual({ ok: true, value: [48] });
  });

  test.each([
    '',
    '64,',
    '64,64',
    '64 32',
    '64,33',
    '8',
    '320',
    '6e1',
    '-64',
    'none',
    '64;32',
    '1'.repeat(400),
  ])('are not %j', (text) => {
    expect(problemsOf(parseRenditions(text))).toContain('32, 40, 48, 64');
  });

  test('are at most four', () => {
    expect(problemsOf(parseRenditions('32,40,48,64,80'))).toContain('at most 4');
  });

  test('are refused in an announcement that lists others', () => {
    const xml = `<SCATTERCAST name="scattercast://radio.example/jazz"
      xmlns:r="https://scattercast.example/ns/radio/1"><r:RENDITIONS>64,1000</r:RENDITIONS>
      <CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL><RENDEZVOUS>a.example:1</RENDEZVOUS>
      </SCATTERCAST>`;
    expect(problemsOf(parseAnnouncement(xml))).toContain('renditions');
  });

  test('have the rate behind the name', () => {
    expect(parseRenditionPath('/a/night.64')).toEqual({ path: '/a/night', kbps: 64 });
    expect(parseRenditionPath('/a/night.v2.128')).toEqual({ path: '/a/night.v2', kbps: 128 });
    for (const path of ['/a/night', '/a/night.', '.64', '/a/night.064', '/a/night.6', '/a/n.6x']) {
      expect(parseRenditionPath(path)).toBeUndefined();
    }
  });
});
