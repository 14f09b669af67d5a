/** URLs, and the targets of HTTP requests, as strangers write them. */

/**
 * The URL in a text, relative to `base` if there is one; undefined if the text is none. Not after a
 * look with URL.canParse(): in Node 20, once that is compiled, it takes the bytes of Latin-1 for UTF-8
 * and finds some texts good that the constructor then throws at.
 */
export function urlOf(text: string, base?: URL | string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The path of a request's target, without query; undefined if it is badly escaped. */
export function pathOf(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
