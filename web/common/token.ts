/** The operator's token: it is kept for this tab, unless the browser keeps nothing. */

const TOKEN_KEY = 'scattercast-operator-token';

/** Keeps a token if there is one; returns what is kept. */
export function keptToken(value?: string): string | undefined {
  try {
    if (value !== undefined) sessionStorage.setItem(TOKEN_KEY, value);
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    return value;
  }
}

/** From `#token=...` in the address, which no server sees, or as it was given before. */
export function takeToken(): string | undefined {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return keptToken();
  history.replaceState(null, '', location.pathname + location.search);
  return keptToken(given);
}
