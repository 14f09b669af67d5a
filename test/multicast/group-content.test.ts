import { expect, test } from 'vitest';
import {
  decodeGroupContent,
  encodeAdus,
  encodeAsk,
  encodeState,
  RANGES_MAX,
} from '../../src/multicast/group-content.js';
import { encodeLot } from '../../src/wire/encoder.js';
import { signedLot } from './lots.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const read = (text: string) => decodeGroupContent(Buffer.from(text, 'hex'));
const FAR = 2 ** 40 + 5;

test('ADUs have the place of the first one, and the lot with the others missing', () => {
  const { lot, payloads } = signedLot(1, ['one', 'two', 'three']);
  const part = payloads.with(0, undefined);
  const found = decodeGroupContent(encodeAdus({ channel: 1, place: FAR }, encodeLot(lot, part)));
  expect(found).toMatchObject({ ok: true, value: { kind: 'adus', channel: 1, place: FAR } });
  const value = found.ok && found.value.kind === 'adus' ? found.value.lot.payloads : [];
  expect(value.map((one) => one && Buffer.from(one).toString())).toEqual([
    undefined,
    'two',
    'three',
  ]);
});

test('a state has the number of receivers and how far each channel is', () => {
  const bytes = encodeState(70_000, [
    { channel: 2, place: 7 },
    { channel: 1, place: FAR },
  ]);
  expect(hex(bytes)).toBe('11ffff0200000000000701010000000005');
  expect(decodeGroupContent(bytes)).toEqual({
    ok: true,
    value: {
      ...{ kind: 'state', receivers: 65_535 },
      ends: [
        { channel: 2, place: 7 },
        { channel: 1, place: FAR },
      ],
    },
  });
});

test('a request has ranges', () => {
  const ranges = [
    { channel: 1, place: FAR, count: 3 },
    { channel: 2, place: 9, count: 255 },
  ];
  const bytes = encodeAsk(ranges);
  expect(hex(bytes)).toBe('1201010000000005030200000000000' + '9ff');
  expect(decodeGroupContent(bytes)).toEqual({ ok: true, value: { kind: 'ask', ranges } });
});

test('what is malformed is a problem and no exception', () => {
  const { lot, payloads } = signedLot(1, ['one']);
  const frame = hex(encodeLot(lot, payloads));
  const range = '0100000000000001';
  for (const text of [
    ...['', '00', '10', '11', '12', '110001', '1100010100000000', `12${range}ff`],
    ...[`12${range.replace(/1$/, '0')}`, `12${range.repeat(RANGES_MAX + 1)}`],
    ...[
      `1002000000000001${frame}`,
      `1001000000000001${frame}${frame}`,
      `1001000000000001${frame}00`,
    ],
    ...[`1001000000000001`, `110001${'01000000000001'.repeat(9)}`],
  ]) {
    expect({ text, ok: read(text).ok }).toEqual({ text, ok: false });
  }
});
