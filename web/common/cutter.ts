/**
 * Cuts pieces of text at a separator, and hands on what stands between; what is longer than `lengthMax` is
 * dropped.
 */
export function createCutter(
  separator: string,
  lengthMax: number,
  onPart: (part: string) => void,
): (text: string) => void {
  let rest = '';
  return (text) => {
    const parts = `${rest}${text}`.split(separator);
    rest = (parts.pop() ?? '').slice(0, 2 * lengthMax);
    for (const part of parts) {
      if (part.length <= lengthMax) onPart(part);
    }
  };
}
