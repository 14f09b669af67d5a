/** The path of an HTTP request's target, for code that dispatches on it. */

/** The path of a request's target, without query; undefined if it is badly escaped. */
export function pathOf(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
