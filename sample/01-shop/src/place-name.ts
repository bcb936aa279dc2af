import { BlockList, isIPv6 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Addresses of private networks (RFC 1918, RFC 4193) and of a single link (RFC 3927, RFC 4291). */
const LOCAL = new BlockList();
LOCAL.addSubnet('10.0.0.0', 8);
LOCAL.addSubnet('172.16.0.0', 12);
LOCAL.addSubnet('192.168.0.0', 16);
LOCAL.addSubnet('169.254.0.0', 16);
LOCAL.addSubnet('fc00::', 7, 'ipv6');
LOCAL.addSubnet('fe80::', 10, 'ipv6');

/** Returns the place of an IP address in words. A real shop may look up the city. */
export function placeName(ip: string | undefined): string {
  if (ip === undefined) {
    return 'Unknown place';
  }
  const address = ip.replace(/^::ffff:(?=\d+\.)/, '');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(address, family)) {
    return 'This computer';
  }
  return LOCAL.check(address, family) ? `${address}, local network` : address;
}
