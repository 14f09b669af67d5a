/** Reads one number from `GET /metrics` of an SCX or a front end; NaN: there is no such metric. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(text.match(new RegExp(`^scattercast_${name}(?:\\{.*\\})? (\\S+)$`, 'm'))?.[1]);
}
