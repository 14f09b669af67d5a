/**
 * Answers questions about the zone: place.ts says what a name stands for, and here are the records of it.
 * What is below the zone and stands for nothing does not exist; what is not below it is refused, as
 * this is no resolver.
 */
import {
  CLASS_ANY,
  CLASS_IN,
  type DnsRecord,
  emptyReply,
  type Query,
  RCODE,
  type RecordData,
  type Reply,
  TYPE,
} from '../dns/message.js';
import {
  findPlaces,
  type NameServer,
  type Place,
  relativeTo,
  serversIn,
  type Target,
  type Targets,
  type ZoneContent,
} from './place.js';

export interface ZoneOptions {
  /** In lower case, without the final dot. */
  readonly zone: string;
  readonly nameServers: readonly [NameServer, ...NameServer[]];
  /** How long answers may be kept, s. */
  readonly ttl: number;
  /** To which listeners come who have an address only. */
  readonly port: number;
  readonly serial: number;
}

/** Clusters in an answer, nearest first. */
const ADDRESSED_MAX = 2;
const SERVICES_MAX = 4;
const SRV_WEIGHT_MAX = 65_535;
/** Of what seldom changes, s. */
const LONG_TTL = 3600;

const isIPv6 = (address: string): boolean => address.includes(':');

const isAddress = (type: number): boolean => type === TYPE.A || type === TYPE.AAAA;

const addressData = (address: string): RecordData => ({
  type: isIPv6(address) ? 'AAAA' : 'A',
  address,
});

const addressesOf = ({ addresses4, addresses6 }: Target): readonly string[] => [
  ...addresses4,
  ...addresses6,
];

/** Nobody is there, as far as this server sees; another one may see more. */
const NOBODY = emptyReply(RCODE.servFail);

/** The records of the zone that do not depend on clusters. */
function fixedRecords({ zone, nameServers, ttl, serial }: ZoneOptions) {
  const { servers } = serversIn(zone, nameServers);
  const soa: DnsRecord = {
    ...{ name: zone, ttl, type: 'SOA', primary: nameServers[0].name, serial },
    ...{ mailbox: `hostmaster.${zone}`, minimum: ttl },
  };
  const ns = nameServers.map(
    ({ name: host }): DnsRecord => ({ name: zone, ttl: LONG_TTL, type: 'NS', host }),
  );
  const glue = [...servers].flatMap(([name, addresses]) =>
    addresses.map(
      (address): DnsRecord => ({
        ...{ name: `${name}.${zone}`, ttl: LONG_TTL },
        ...addressData(address),
      }),
    ),
  );
  return { soa, ns, glue };
}

/** Creates what answers queries about the zone. */
export function createZone(options: ZoneOptions, content: ZoneContent) {
  const { zone, nameServers, ttl, port: usualPort } = options;
  const { soa, ns, glue } = fixedRecords(options);
  const placeOf = findPlaces(serversIn(zone, nameServers), content);
  const absolute = (name: string): string => (name === '' ? zone : `${name}.${zone}`);

  const withAnswers = (answers: readonly DnsRecord[], isForNetwork = false): Reply => ({
    ...{ rcode: RCODE.noError, answers, additional: [], isForNetwork },
    authority: answers.length === 0 ? [soa] : [],
  });

  const addressRecords = (name: string, addresses: readonly string[], seconds = ttl) =>
    addresses.map(
      (address): DnsRecord => ({
        ...{ name: absolute(name), ttl: seconds },
        ...addressData(address),
      }),
    );

  const addressReply = (name: string, type: number, addresses: readonly string[], seconds = ttl) =>
    withAnswers(
      addressRecords(name, addresses, seconds).filter((record) => TYPE[record.type] === type),
    );

  /** Clusters at another port than that of listeners are of no use to those who get an address only. */
  const nearestReply = (name: string, type: number, { clusters, isForNetwork }: Targets): Reply => {
    const usable = clusters.filter(({ port }) => port === usualPort);
    if (usable.length === 0) return NOBODY;
    const ofType = usable.filter((one) =>
      type === TYPE.A ? one.addresses4.length > 0 : one.addresses6.length > 0,
    );
    const addresses = ofType.slice(0, ADDRESSED_MAX).flatMap(addressesOf);
    return { ...addressReply(name, type, addresses), isForNetwork };
  };

  const serviceReply = (name: string, { clusters, isForNetwork }: Targets): Reply => {
    if (clusters.length === 0) return NOBODY;
    const chosen = clusters.slice(0, SERVICES_MAX);
    const answers = chosen.map(
      ({ label, port, weight }, index): DnsRecord => ({
        ...{ name: absolute(name), ttl, type: 'SRV', priority: (index + 1) * 10, port },
        ...{ weight: Math.min(SRV_WEIGHT_MAX, weight), target: absolute(label) },
      }),
    );
    const additional = chosen.flatMap((one) => addressRecords(one.label, addressesOf(one)));
    return { ...withAnswers(answers, isForNetwork), additional };
  };

  const apexReply = (type: number): Reply => {
    if (type === TYPE.NS) return { ...withAnswers(ns), additional: glue };
    return withAnswers(type === TYPE.SOA ? [soa] : []);
  };

  const placeReply = (name: string, type: number, network: string, place: Place): Reply => {
    switch (place.kind) {
      case 'none':
        return { ...emptyReply(RCODE.nxDomain), authority: [soa] };
      case 'empty':
        return withAnswers([]);
      case 'server':
        return addressReply(name, type, place.addresses, LONG_TTL);
      case 'cluster':
        return addressReply(name, type, place.target ? addressesOf(place.target) : []);
      case 'service':
        if (type !== TYPE.SRV) return withAnswers([]);
        return serviceReply(name, content.nearest(network, place.sessions));
      case 'clusters':
        if (!isAddress(type)) return place.isApex ? apexReply(type) : withAnswers([]);
        return nearestReply(name, type, content.nearest(network, place.sessions));
    }
  };

  /** RFC 8482: who asks for everything is told that little. */
  const minimal = (name: string): Reply =>
    withAnswers([{ name: absolute(name), ttl: LONG_TTL, type: 'HINFO', cpu: 'RFC8482' }]);

  return {
    /** The answer to a question; `network`: of the listeners, as networkOf() writes it. */
    reply({ question }: Query, network: string): Reply {
      const { labels, type } = question;
      const name = relativeTo(zone, labels);
      const isClass = question.class === CLASS_IN || question.class === CLASS_ANY;
      const isTransfer = type === TYPE.AXFR || type === TYPE.IXFR;
      if (name === undefined || !isClass || isTransfer) return emptyReply(RCODE.refused);
      const place = placeOf(name);
      if (type === TYPE.ANY && place.kind !== 'none') return minimal(name);
      return placeReply(name, type, network, place);
    },
  };
}

export type Zone = ReturnType<typeof createZone>;
