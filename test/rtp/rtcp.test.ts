import { expect, test } from 'vitest';
import { encodeGoodbye, encodeSenderReport, readReports } from '../../src/rtp/rtcp.js';

const STATE = {
  ...{ ssrc: 0x11223344, cname: 'radio', timeMs: 1_700_000_000_500, timestamp: 90_000 },
  ...{ packets: 7, bytes: 8000 },
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a sender report has the fields of RFC 3550 §6.4.1, and the sender’s name behind it', () => {
  expect(hex(encodeSenderReport(STATE))).toBe(
    [
      ...['80c80006', '11223344', 'e8fe6f80', '80000000', '00015f90', '00000007', '00001f40'],
      ...['81ca0003', '11223344', '01057261', '64696f00'],
    ].join(''),
  );
});

test('a name that ends with its word gets a word of zeros, as a name ends with a zero (§6.5)', () => {
  const bytes = encodeSenderReport({ ...STATE, cname: 'ab' });
  expect(hex(bytes.subarray(28))).toBe('81ca0003112233440102616200000000');
});

test('a goodbye follows report and name', () => {
  const bytes = encodeGoodbye(STATE);
  expect(hex(bytes.subarray(-8))).toBe('81cb000111223344');
  expect(readReports(bytes)).toEqual({ present: [], gone: [0x11223344] });
});

test('receivers are read from reports, with blocks and without, and from goodbyes', () => {
  const empty = '80c9000100000001';
  const withBlock = `81c9000700000002${'00'.repeat(24)}`;
  const name = '81ca000200000002010078'.padEnd(24, '0');
  const bye = '82cb00020000000300000004';
  const read = (text: string) => readReports(Buffer.from(text, 'hex'));
  expect(read(empty + name)).toEqual({ present: [1], gone: [] });
  expect(read(withBlock + bye)).toEqual({ present: [2], gone: [3, 4] });
  expect(read(`${empty}81cb000100000001`)).toEqual({ present: [], gone: [1] });
});

test('of what is malformed only what stands before it is read', () => {
  const read = (text: string) => readReports(Buffer.from(text, 'hex'));
  const nobody = { present: [], gone: [] };
  expect(read('')).toEqual(nobody);
  expect(read('80c90001000000')).toEqual(nobody);
  expect(read('00c9000100000001')).toEqual(nobody); // version 0
  expect(read('80c9ffff00000001')).toEqual(nobody); // longer than it is
  expect(read('80c9000000000001')).toEqual(nobody); // without an SSRC
  expect(read('80c900010000000980c9ffff00000001')).toEqual({ present: [9], gone: [] });
  expect(read('9fcb000100000005')).toEqual({ present: [], gone: [5] }); // 31 SSRCs, it says
  expect(readReports(Buffer.from('80c9000100000001'.repeat(1000), 'hex')).present).toHaveLength(16);
});
