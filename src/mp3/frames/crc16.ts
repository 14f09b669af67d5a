/**
 * The CRC-16 that may protect a frame's header and side information: polynomial 0x8005, most
 * significant bit first (ISO 11172-3 §2.4.3.1).
 */

/** Continues `crc` (0xffff at the beginning) over `bytes`. */
export function crc16(bytes: Uint8Array, crc = 0xffff): number {
  let value = crc;
  for (const byte of bytes) {
    value ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      value = (value & 0x8000) === 0 ? value << 1 : ((value << 1) ^ 0x8005) & 0xffff;
    }
  }
  return value;
}
