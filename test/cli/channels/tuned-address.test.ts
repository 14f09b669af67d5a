import { expect, test } from 'vitest';
import { tunedAddress } from '../../../src/cli/channels/tuned-address.js';

test.each([
  ['radio.example/night', { announcement: 'radio.example/night' }],
  ['scattercast://radio.example/night', { announcement: 'scattercast://radio.example/night' }],
  ['http://a.example/night.xml', { announcement: 'http://a.example/night.xml' }],
  [
    'http://a.example:8000/listen/radio.example/night.mp3?ticket=x.y',
    { announcement: 'radio.example/night', cluster: 'http://a.example:8000', ticket: 'x.y' },
  ],
  [
    'https://a.example/listen.pls?announcement=http%3A%2F%2Fb.example%2Fnight.xml',
    { announcement: 'http://b.example/night.xml', cluster: 'https://a.example' },
  ],
  [
    'http://a.example/listen/radio.example/night@KEY.m3u8',
    { announcement: 'radio.example/night@KEY', cluster: 'http://a.example' },
  ],
])('%s is what a player was given', (text, expected) => {
  expect(tunedAddress(text)).toEqual(expected);
});
