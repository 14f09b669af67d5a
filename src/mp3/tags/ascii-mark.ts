/** Short ASCII marks by which tags and tables are recognised. */

/** Whether the bytes at `offset` are those of `mark`. */
export function hasMark(bytes: Uint8Array, offset: number, mark: string): boolean {
  for (let index = 0; index < mark.length; index++) {
    if (bytes[offset + index] !== mark.charCodeAt(index)) return false;
  }
  return true;
}
