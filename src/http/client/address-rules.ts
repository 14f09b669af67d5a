/**
 * The IP addresses to which a URL from a stranger may lead. Public addresses are always allowed;
 * private addresses are our own network, and the operator decides whether strangers may make us
 * connect to them; all others are forbidden, among them the metadata services of clouds.
 */
import { BlockList, isIP } from 'node:net';

// One list for each family: a BlockList compares IPv4 addresses with IPv6 ranges too, as mapped.
const ranges = (family: 'ipv4' | 'ipv6', texts: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const text of texts) {
    const [network = '', prefix] = text.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
};

/** Loopback, private (RFC 1918) and shared (RFC 6598), without two metadata services in them. */
const PRIVATE4 = ranges('ipv4', ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12']);
PRIVATE4.addSubnet('192.168.0.0', 16, 'ipv4');

/** Always forbidden: this network, link-local, special purpose (RFC 6890), multicast, reserved. */
const FORBIDDEN4 = ranges('ipv4', [
  '0.0.0.0/8',
  '100.100.100.200/32', // a cloud's metadata service, inside the shared range
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]);

/** Global unicast; everything outside is special, which includes mapped IPv4 and NAT64. */
const GLOBAL6 = ranges('ipv6', ['2000::/3']);

/** Inside global unicast: protocol assignments with Teredo, documentation, 6to4. */
const FORBIDDEN6 = ranges('ipv6', [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fd00:ec2::254/128', // a cloud's metadata service, inside the private range
]);

/** Loopback and unique local (RFC 4193). */
const PRIVATE6 = ranges('ipv6', ['::1/128', 'fc00::/7']);

/** The class of an IP address; a text that is no IP address is forbidden. */
export function classifyAddress(address: string): 'public' | 'private' | 'forbidden' {
  if (isIP(address) === 4) {
    if (FORBIDDEN4.check(address, 'ipv4')) return 'forbidden';
    return PRIVATE4.check(address, 'ipv4') ? 'private' : 'public';
  }
  if (isIP(address) !== 6 || FORBIDDEN6.check(address, 'ipv6')) return 'forbidden';
  if (PRIVATE6.check(address, 'ipv6')) return 'private';
  return GLOBAL6.check(address, 'ipv6') ? 'public' : 'forbidden';
}
