import type { ValueMap } from '../../inventory/inventory.ts';

/** What `ip -o addr`, and the two `ip route get` after an empty line each, say of a host's addresses. */
export function addressFacts(text: string, interfaces: string) {
  const [addresses = '', route4 = '', route6 = ''] = text.split('\n\n');
  const known = addresses.split('\n').flatMap((line) => {
    const [, name = '', family = '', address = '', prefix = ''] =
      /^\d+:\s+(\S+?)(?:@\S+)?\s+(inet6?)\s+([\d.a-fA-F:]+)(?:\/(\d+))?/.exec(line) ?? [];
    return name === '' ? [] : [{ name, family, address, prefix }];
  });
  const of = (family: string): readonly string[] =>
    known.filter((each) => each.family === family && each.name !== 'lo').map((each) => each.address);
  const defaultOf = (route: string): ValueMap => {
    const word = (name: string): string => new RegExp(`\\b${name} (\\S+)`).exec(route)?.[1] ?? '';
    const [name, address] = [word('dev'), word('src')];
    if (name === '' || address === '') return {};
    const prefix = known.find((each) => each.address === address)?.prefix ?? '';
    return { interface: name, address, gateway: word('via'), prefix };
  };
  return {
    interfaces: interfaces.split('\n').filter((each) => each !== ''),
    all_ipv4_addresses: of('inet'),
    all_ipv6_addresses: of('inet6'),
    default_ipv4: defaultOf(route4),
    default_ipv6: defaultOf(route6),
  };
}
