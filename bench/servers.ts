import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingForSshd, Sshd } from '../test/support/sshd.ts';
import type { Bench } from './benchmark.ts';

/** A host of a benchmark: a loopback address on which a real sshd answers. */
export interface Server {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The private key file that it lets in. */
  readonly key: string;
  /** `TYPE BASE64` of the key that it shows. */
  readonly hostKey: string;
}

export interface Servers {
  readonly hosts: readonly Server[];
  readonly knownHostsFile: string;
}

/** sshd takes 16 ListenAddress lines, and the helper's own is one of them. */
const ADDRESSES_PER_SSHD = 15;

interface StartServers {
  readonly bench: Pick<Bench, 'folder' | 'defer' | 'say'>;
  readonly count: number;
  /** Further lines of sshd_config. */
  readonly settings?: readonly string[];
}

/** As many hosts as wanted, the addresses dealt out to as few sshd as can hold them; stopped when the benchmark ends. */
export async function startServers({ bench, count, settings = [] }: StartServers): Promise<Servers> {
  const missing = missingForSshd();
  if (missing !== undefined) throw new Error(missing);
  const daemons = Math.ceil(count / ADDRESSES_PER_SSHD);
  bench.say(`starting ${daemons} sshd for ${count} hosts`);
  const servers: Server[] = [];
  for (let daemon = 0; daemon < daemons; daemon++) {
    const addresses = Array.from(
      { length: Math.min(ADDRESSES_PER_SSHD, count - daemon * ADDRESSES_PER_SSHD) },
      (_, index) => `127.77.${daemon}.${index + 1}`,
    );
    const sshd = await Sshd.start([...settings, ...addresses.map((address) => `ListenAddress ${address}`)]);
    bench.defer(() => sshd.stop());
    const [type = '', key = ''] = readFileSync(join(sshd.folder, 'host_ed25519.pub'), 'utf8').split(' ');
    const common = { port: sshd.port, user: 'root', key: sshd.key, hostKey: `${type} ${key.trim()}` };
    servers.push(...addresses.map((address) => ({ name: '', address, ...common })));
  }
  // Neighbours in the inventory are on different machines, as in a fleet; names are in the inventory's order.
  const dealt = servers
    .map((server, index) => ({ server, place: index % ADDRESSES_PER_SSHD }))
    .sort((a, b) => a.place - b.place)
    .map(({ server }, index) => ({ ...server, name: `host${String(index + 1).padStart(3, '0')}` }));
  const knownHostsFile = join(bench.folder, `known_hosts-${count}`);
  writeFileSync(
    knownHostsFile,
    dealt.map(({ address, port, hostKey }) => `[${address}]:${port} ${hostKey}\n`).join(''),
  );
  return { hosts: dealt, knownHostsFile };
}
