/** Certificates of our own, from the `openssl` command. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Writes a self-signed certificate for `name`, and its key, into a directory. */
export function makeCertificate(directory: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const out = ['-subj', `/CN=${name}`, '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...kind, ...out], { stdio: 'ignore' });
  return { cert, key };
}
