/**
 * Reverses unsynchronisation (ID3v2.4 structure §6.1): a tag that would look like an MP3 frame is
 * written with a 0 after each 0xFF, so that old players find no frame in album art. Here the zeros
 * are removed.
 */

/** Creates a function that removes the 0 after each 0xFF from bytes that come in pieces. */
export function createResynchroniser(): (bytes: Uint8Array) => Uint8Array {
  let afterFf = false;
  return (bytes) => {
    const kept = new Uint8Array(bytes.length);
    let length = 0;
    for (const byte of bytes) {
      if (!afterFf || byte !== 0) kept[length++] = byte;
      afterFf = byte === 0xff;
    }
    return kept.subarray(0, length);
  };
}
