import { parse } from 'sdp-transform';
import { expect, test } from 'vitest';
import { printSdp } from '../../src/rtp/sdp.js';

const FACTS = {
  ...{ origin: '10.1.2.3', id: 77, version: 3, title: 'Night', text: 'All night', ttl: 1 },
  ...{ homepage: 'http://radio.example/', group: '239.192.0.1', port: 5004 },
};

test('frames are described as MPA with payload type 14 (RFC 2250, RFC 3551)', () => {
  expect(printSdp({ ...FACTS, format: 'frames' }).split('\r\n')).toEqual([
    ...['v=0', 'o=- 77 3 IN IP4 10.1.2.3', 's=Night', 'i=All night', 'u=http://radio.example/'],
    ...['c=IN IP4 239.192.0.1/1', 't=0 0', 'a=recvonly', 'm=audio 5004 RTP/AVP 14'],
    ...['a=rtpmap:14 MPA/90000', ''],
  ]);
});

test('ADUs are described as mpa-robust (RFC 5219 §9.1)', () => {
  const { media } = parse(printSdp({ ...FACTS, format: 'adus', port: 5006 }));
  expect(media).toHaveLength(1);
  expect(media[0]).toMatchObject({ port: 5006, payloads: 97, protocol: 'RTP/AVP' });
  expect(media[0]?.rtp).toEqual([{ payload: 97, codec: 'mpa-robust', rate: 90_000 }]);
});

test('a title cannot add lines', () => {
  const text = printSdp({ ...FACTS, format: 'frames', title: 'x\r\nm=audio 1 RTP/AVP 0\r\n' });
  expect(text.split('\r\n').filter((line) => line.startsWith('m='))).toHaveLength(1);
  expect(printSdp({ ...FACTS, format: 'frames', title: '\u0000' })).toContain('\r\ns=-\r\n');
});
