/**
 * Finds a cluster without configuration (§2.4: "automatic configuration"): a command that needs one, and was
 * given none, asks the domains of its machine. In each, in this order:
 *
 * 1. the SRV records of `_scattercast._tcp.DOMAIN` (RFC 2782);
 * 2. the host `scattercast.DOMAIN`, at the usual port;
 * 3. `http://DOMAIN/.well-known/scattercast` (RFC 8615), which holds a cluster's address.
 *
 * The first whose front end answers is used. All are asked at once, so that a domain that knows nothing
 * costs one timeout. What is found is believed as the domain is; DNS without DNSSEC can be forged by
 * those who carry it, as with any name.
 */
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readText, sendRequest } from '../../http/client/plain-request.js';
import { joinHostPort } from '../../lib/host-port.js';

/** A cluster, and what named it. */
export interface FoundCluster {
  readonly url: string;
  /** Like `the SRV record _scattercast._tcp.radio.example`. */
  readonly namedBy: string;
}

export interface FindOptions {
  /** Domains to ask. Default: those of this machine. */
  readonly domains?: readonly string[];
  /** Default: the system's name servers. */
  readonly resolver?: Resolver;
  /** Of the web server of a domain. Default 80. */
  readonly webPort?: number;
}

/** The port of a front end, unless it is told. */
const USUAL_PORT = 8000;
/** Of each question, ms. Guess: a person waits. */
const TIMEOUT_MS = 1500;
/** Of a domain: SRV records that are tried, and domains. */
const RECORDS_MAX = 4;
const DOMAINS_MAX = 3;
const ADDRESS_BYTES_MAX = 2048;

/** A whole domain name below a top level domain; a name there would be anybody's. */
const DOMAIN = /^(?=.{3,200}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/;

/** Those that the machine's own name is in, and those that its resolver searches. */
export function ownDomains(host = hostname(), resolverFile = '/etc/resolv.conf'): string[] {
  const [, ...own] = host.split('.');
  const domains = new Set(
    [own.join('.'), ...searched(resolverFile)].map((name) => name.toLowerCase()),
  );
  return [...domains].filter((name) => DOMAIN.test(name)).slice(0, DOMAINS_MAX);
}

function searched(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const words = lines.map((line) => line.trim().split(/\s+/));
    return words.flatMap(([key = '', ...names]) => (/^(search|domain)$/.test(key) ? names : []));
  } catch {
    return []; // There is no such file: only names of hosts count.
  }
}

async function textAt(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await sendRequest({ url: new URL(url), headers: {}, signal });
  if (answer.statusCode !== 200) throw new Error(`HTTP status ${answer.statusCode}`);
  return (await readText(answer, ADDRESS_BYTES_MAX)).trim();
}

const orNone = async <What>(asking: Promise<readonly What[]>): Promise<readonly What[]> => {
  try {
    return await asking;
  } catch {
    return []; // No such record, no answer, nonsense: nothing was found there.
  }
};

async function byRecords(domain: string, resolver: Resolver): Promise<FoundCluster[]> {
  const name = `_scattercast._tcp.${domain}`;
  const records = [...(await resolver.resolveSrv(name))].filter((record) => record.name !== '');
  records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  return records.slice(0, RECORDS_MAX).map(({ name: host, port }) => ({
    url: `http://${joinHostPort(host, port)}`,
    namedBy: `the SRV record ${name}`,
  }));
}

async function byHost(domain: string, resolver: Resolver): Promise<FoundCluster[]> {
  const host = `scattercast.${domain}`;
  await Promise.any([resolver.resolve4(host), resolver.resolve6(host)]);
  return [{ url: `http://${joinHostPort(host, USUAL_PORT)}`, namedBy: `the host name ${host}` }];
}

async function byWeb(domain: string, webPort: number): Promise<FoundCluster[]> {
  const at = `http://${webPort === 80 ? domain : joinHostPort(domain, webPort)}/.well-known/scattercast`;
  const { protocol, origin } = new URL(await textAt(at));
  return /^https?:$/.test(protocol) ? [{ url: origin, namedBy: at }] : [];
}

const answers = async ({ url }: FoundCluster): Promise<boolean> => {
  try {
    return (await textAt(`${url}/healthz`)) === 'ok';
  } catch {
    return false;
  }
};

/** The first cluster that a domain of this machine names, and that answers; undefined if none. */
export async function findCluster(options: FindOptions = {}): Promise<FoundCluster | undefined> {
  const { domains = ownDomains(), webPort = 80 } = options;
  const { resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 }) } = options;
  const named = await Promise.all(
    domains.flatMap((domain) => [
      orNone(byRecords(domain, resolver)),
      orNone(byHost(domain, resolver)),
      orNone(byWeb(domain, webPort)),
    ]),
  );
  const clusters = named.flat();
  const present = await Promise.all(clusters.map(answers));
  return clusters.find((_cluster, index) => present[index]);
}
