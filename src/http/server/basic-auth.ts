/** `Authorization: Basic` (RFC 7617): the way in which encoders send their password. */

/** A user name and a password, as a client has sent them. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const BASIC = /^basic +([A-Za-z0-9+/=_-]+)$/i;

/** The credentials in a header; undefined without a header or with another scheme. */
export function basicAuth(header: string | undefined): Credentials | undefined {
  const encoded = BASIC.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The header value for these credentials. */
export const basicHeader = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
