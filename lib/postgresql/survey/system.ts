import { parseLines, parsePairs, posix, type Section } from '../../shell/sections.ts';

/** The operating system of a host, and who we are on it. */
export interface SystemFacts {
  /** `ID` of os-release: `debian`, `ubuntu`, `rocky`. */
  readonly os: string;
  /** `VERSION_ID`: `12`, `9.4`; empty where the system has none (Debian's testing). */
  readonly release: string;
  readonly codename: string;
  /** `PRETTY_NAME`, for people. */
  readonly name: string;
  /** `ID_LIKE`: what else it behaves as, the nearest first. */
  readonly like: readonly string[];
  readonly kernel: string;
  /** `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly hostname: string;
  /** What process 1 is: `systemd`. */
  readonly init: string;
  /** Another one after every reboot. */
  readonly boot: string;
  /** Seconds since the boot. */
  readonly uptime: number | undefined;
  /** The user that the questions were asked as. */
  readonly uid: number;
}

/** `survey_system`. What can be read without starting a program is read so: it runs on every host, first of all. */
export const SYSTEM_SCRIPT = posix`
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
survey_system() {
  emit host - 0 "$(
    boot= init= uptime= rest=
    { read -r boot </proc/sys/kernel/random/boot_id; read -r init </proc/1/comm; read -r uptime rest </proc/uptime; } 2>/dev/null
    printf 'boot=%s\ninit=%s\nuptime=%s\n' "$boot" "$init" "$uptime"
    ( ID= VERSION_ID= VERSION_CODENAME= PRETTY_NAME= ID_LIKE=
      for file in /etc/os-release /usr/lib/os-release; do
        if [ -r "$file" ]; then . "$file" 2>/dev/null; break; fi
      done
      printf 'os=%s\nrelease=%s\ncodename=%s\nname=%s\nlike=%s\n' \
        "$ID" "$VERSION_ID" "$VERSION_CODENAME" "$PRETTY_NAME" "$ID_LIKE" )
    uid=$(id -u)
    set -- $(uname -nrm)
    printf 'hostname=%s\nkernel=%s\narchitecture=%s\nuid=%s\n' "$1" "$2" "$3" "$uid"
  )"
}
`;

export function parseSystem(sections: readonly Section[]): SystemFacts {
  const pairs = parsePairs(sections.find(({ name }) => name === 'host')?.text ?? '');
  const of = (key: string): string => pairs.get(key) ?? '';
  return Object.freeze({
    os: of('os'),
    release: of('release'),
    codename: of('codename'),
    name: of('name'),
    like: Object.freeze(
      of('like')
        .split(' ')
        .filter((each) => each !== ''),
    ),
    kernel: of('kernel'),
    architecture: of('architecture'),
    hostname: of('hostname'),
    init: of('init'),
    boot: of('boot'),
    uptime: of('uptime') === '' ? undefined : Number(of('uptime')),
    uid: Number(pairs.get('uid') ?? -1),
  });
}

/** `survey_addresses`: with `ip` where it is there, else out of the kernel's own tables. */
export const ADDRESS_SCRIPT = posix`
survey_addresses() {
  emit addresses - 0 "$(
    if have ip; then
      ip -o addr show 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }'
    else
      awk '/32 host/ { print last } { last = $2 }' /proc/net/fib_trie 2>/dev/null | sort -u
      awk '{ a = $1; gsub(/..../, "&:", a); sub(/:$/, "", a); print a }' /proc/net/if_inet6 2>/dev/null
    fi
  )"
}
`;

/** Every address of the host, loopback included. */
export function parseAddresses(sections: readonly Section[]): readonly string[] {
  return parseLines(sections.find(({ name }) => name === 'addresses')?.text ?? '').map(plainAddress);
}

/** One spelling an address: no zone, no IPv4 wrapped in IPv6, IPv6 in its short form. */
export function plainAddress(address: string): string {
  const bare = address
    .trim()
    .toLowerCase()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
  if (!bare.includes(':')) return bare;
  const url = `http://[${bare}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : bare;
}
