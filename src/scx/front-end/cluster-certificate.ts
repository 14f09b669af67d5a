/**
 * The certificate of an SCX on another machine than its front ends (api/certificates/cluster-certificate.ts). It comes
 * with the launch; when the terms of a lease name a later one, it is fetched, and new connections get
 * it. It is kept in memory only.
 *
 * While front ends are replaced one after the other some of them still have the old certificate: the one
 * that was issued last holds.
 *
 * Bounded: one question at a time, SEALED_CERTIFICATE_MAX for its answer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  type CertificateMark,
  SEALED_CERTIFICATE_MAX,
  sharedCertificateSchema,
} from '../../api/certificates/cluster-certificate.js';
import { createProvenClient } from '../../http/proven-client.js';
import { createTls, type Tls } from '../../http/server/tls.js';
import { unseal } from '../../runtime/sealed-text.js';

/** What a front end has. */
export interface OfferedCertificate {
  readonly url: string;
  readonly mark: CertificateMark;
}

export interface ClusterCertificate {
  readonly tls: Tls;
  /** What the front ends that answer have now. */
  onOffered(offered: readonly OfferedCertificate[]): void;
}

export interface ClusterCertificateOptions {
  /** The cluster's secret. */
  readonly token: string;
  /** What the launch brought; undefined: there is no certificate, or no front end has answered. */
  readonly sealed: string | undefined;
  readonly log: Logger;
}

const ASK_MS = 5000;
const RETRY_MS = 1000; // guess

/** The one that was issued last; of two that begin together, all SCXs take the same. */
const isLater = (one: CertificateMark, other: CertificateMark): boolean =>
  one.sinceMs > other.sinceMs || (one.sinceMs === other.sinceMs && one.hash > other.hash);

/** Creates the port's TLS, with the certificate of the launch if there is one. */
export function createClusterCertificate(options: ClusterCertificateOptions): ClusterCertificate {
  const { token, sealed, log } = options;
  const tls = createTls();
  const ask = createProvenClient(token, true);
  let used = ''; // its hash
  let isBusy = false;

  const use = (text: string): void => {
    const json = unseal(token, text);
    if (json === undefined) throw new Error('it is not sealed by a front end of this cluster');
    const { hash, ...pair } = sharedCertificateSchema.parse(JSON.parse(json));
    tls.use(pair);
    used = hash;
  };

  const fetchFrom = async ({ url, mark }: OfferedCertificate): Promise<void> => {
    const limits = { withinMs: ASK_MS, answerBytesMax: SEALED_CERTIFICATE_MAX };
    const answer = await ask({ url: new URL(`${url}/certificate`), method: 'GET', ...limits });
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    use(answer.text);
    log.info({ since: new Date(mark.sinceMs) }, 'The certificate of the cluster is in use.');
  };

  const begin = async (offered: OfferedCertificate): Promise<void> => {
    isBusy = true;
    await fetchFrom(offered).catch(async ({ message }: Error) => {
      log.warn({ url: offered.url, message }, 'The certificate cannot be fetched yet.');
      await pause(RETRY_MS, undefined, { ref: false });
    });
    isBusy = false;
  };

  try {
    if (sealed !== undefined) use(sealed);
  } catch (error) {
    log.error({ err: error }, 'The certificate of the cluster cannot be used.');
  }
  return {
    tls,
    onOffered: (offered) => {
      const [first, ...others] = offered;
      if (first === undefined || isBusy) return;
      const last = others.reduce((a, b) => (isLater(b.mark, a.mark) ? b : a), first);
      if (last.mark.hash !== used) void begin(last);
    },
  };
}
