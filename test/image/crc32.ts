/** The checksum of PNG's chunks (ISO/IEC 15948, annex D). */
const step = (value: number): number => (value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1);
const TABLE = Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }).reduce<number>((value) => step(value), byte),
);

export const crc32 = (bytes: Uint8Array): number =>
  (bytes.reduce((sum, byte) => (TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8), -1) ^ -1) >>> 0;
