/** The certificate of a cluster, from its settings. */
import { resolve } from 'node:path';
import type { CertificateFiles } from '../../http/server/tls.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { ClusterSettings } from '../options/cluster-options.js';

/** The files; undefined without TLS. Throws a UserError if only one was given. */
export function certificateOf({
  tlsCert,
  tlsKey,
}: Pick<ClusterSettings, 'tlsCert' | 'tlsKey'>): CertificateFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { cert: resolve(tlsCert), key: resolve(tlsKey) };
  }
  throw new UserError(EXIT.usage, '--tls-cert and --tls-key must be given together');
}
