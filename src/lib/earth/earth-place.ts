/** Places on Earth, as databases of addresses know them. */

/** In degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

export interface EarthPlace {
  /** Two letters, `DE`; undefined: not known. */
  readonly country?: string | undefined;
  readonly position?: Position | undefined;
}

const RADIUS_KM = 6371;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const haversine = (angle: number): number => Math.sin(angle / 2) ** 2;

/** The great-circle distance, km (the haversine formula). */
export function distanceKm(one: Position, other: Position): number {
  const [from, to] = [radians(one.latitude), radians(other.latitude)];
  const east = haversine(radians(other.longitude - one.longitude));
  const share = haversine(to - from) + Math.cos(from) * Math.cos(to) * east;
  return 2 * RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(share)));
}
