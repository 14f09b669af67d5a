/**
 * Whether players accept the certificate: it belongs to the key and to the host's name, is valid
 * for some time to come, and brings the certificates of its issuers.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { CertificateFiles } from '../../http/server/tls.js';
import { systemReason } from '../../lib/user-error.js';
import { type Finding, findings } from './finding.js';

const { good, warning, problem } = findings('certificate');

const DAY_MS = 86_400_000;
/** ACME clients renew 30 days before the end. */
const SOON_DAYS = 14;

export interface CertificateFacts {
  readonly cert: string;
  readonly key: string;
  readonly host: string;
  /** Ms since 1970. */
  readonly now: number;
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

const isFor = (certificate: X509Certificate, host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '');
  return (isIP(bare) ? certificate.checkIP(bare) : certificate.checkHost(bare)) !== undefined;
};

const dayOf = (date: string): string => new Date(date).toISOString().slice(0, 10);

function checkDates({ validFrom, validTo }: X509Certificate, now: number): Finding | undefined {
  if (Date.parse(validFrom) > now) {
    return problem(`The certificate is valid from ${dayOf(validFrom)} only: is the clock right?`);
  }
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  if (days < 0) return problem(`The certificate has expired on ${dayOf(validTo)}: renew it.`);
  if (days >= SOON_DAYS) return undefined;
  return problem(`The certificate expires in ${days} days, on ${dayOf(validTo)}: renew it.`);
}

/** What is wrong with a certificate and its key, given as PEM. Throws if they are malformed. */
export function checkCertificate({ cert, key, host, now }: CertificateFacts): Finding {
  const chain = cert.match(PEM) ?? [];
  const certificate = new X509Certificate(chain[0] ?? cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    return problem('--tls-key is not the key of --tls-cert: give the two that belong together.');
  }
  const badDates = checkDates(certificate, now);
  if (badDates !== undefined) return badDates;
  if (!isFor(certificate, host)) {
    const names = certificate.subjectAltName ?? certificate.subject;
    return problem(`The certificate is for ${names}, not for ${host}: correct --host, or get one.`);
  }
  const end = dayOf(certificate.validTo);
  if (certificate.issuer === certificate.subject) {
    return warning(
      `The certificate has signed itself: most players refuse it. Valid until ${end}.`,
    );
  }
  if (chain.length < 2) {
    const advice = 'give the file with the whole chain (fullchain.pem)';
    return warning(
      `The certificate comes without its issuer's, which some players need: ${advice}.`,
    );
  }
  return good(`The certificate is for ${host}, and valid until ${end}.`);
}

/** The same for the files. */
export async function checkCertificateFiles(
  files: CertificateFiles,
  host: string,
  now: number,
): Promise<Finding> {
  try {
    const read = (path: string): Promise<string> => readFile(path, 'utf8');
    const [cert, key] = await Promise.all([read(files.cert), read(files.key)]);
    return checkCertificate({ cert, key, host, now });
  } catch (error) {
    const reason = systemReason(error) ?? (error as Error).message;
    const which = `${files.cert} and ${files.key}`;
    return problem(`Certificate and key in ${which} cannot be used (${reason}): give PEM files.`);
  }
}
