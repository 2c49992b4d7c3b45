import { z } from 'zod';
import type { Value, ValueMap } from '../../inventory/inventory.ts';
import type { FactName } from '../../playbook/fact-names.ts';
import { answers, lines, outputAnswer, type Answers } from '../../shell/answers.ts';
import { raw } from '../../shell/sh.ts';
import type { Module } from '../module.ts';
import { addressFacts } from './address-facts.ts';

/** The name by which the engine asks for facts before a play. No playbook can say it. */
export const GATHER_FACTS = 'gather_facts';

const TEXTS = `for __f in /etc/os-release /usr/lib/os-release; do if [ -r $__f ]; then cat $__f; break; fi; done`;

/** Ansible's facts, as many of them as a POSIX shell finds in one round trip without starting much. */
export const gatherFacts: Module<Record<string, never>> = {
  name: GATHER_FACTS,
  summary: 'Gathers facts of the host before a play.',
  schema: z.strictObject({}),
  scope: 'host',
  generic: true,
  read: () => ({
    kind: 'query',
    command: lines(
      raw(`printf 'uid %s\\ngid %s\\nuname %s\\n' "$(id -u)" "$(id -g)" "$(uname -snrm)"`),
      outputAnswer('version', raw('uname -v')),
      outputAnswer('release', raw(TEXTS)),
      outputAnswer('debian', raw('cat /etc/debian_version')),
      outputAnswer('fqdn', raw('hostname -f')),
      outputAnswer('user', raw('getent passwd "$(id -un)" || grep "^$(id -un):" /etc/passwd')),
      outputAnswer('env', raw('cat /proc/self/environ')),
      outputAnswer('init', raw('cat /proc/1/comm; test -d /run/systemd/system && echo systemd')),
      outputAnswer('memory', raw('cat /proc/meminfo; cat /proc/uptime')),
      outputAnswer('processors', raw('nproc; grep -c ^processor /proc/cpuinfo')),
      outputAnswer('machine', raw('cat /etc/machine-id')),
      outputAnswer('packages', raw('command -v apt-get dnf yum zypper apk pacman')),
      outputAnswer('interfaces', raw('ls /sys/class/net')),
      outputAnswer(
        'addresses',
        raw('ip -o addr show; echo; ip -4 route get 8.8.8.8; echo; ip -6 route get 2404:6800::1'),
      ),
      outputAnswer('mounts', raw('df -PT -B1; echo; cat /proc/mounts')),
      outputAnswer('time', raw(`date '+%Y %m %A %w %W %d %H %M %S %s %N %Z %z'; date -u '+%Y-%m-%dT%H:%M:%S'`)),
    ),
  }),
  decide: (_context, facts) => {
    const found: Answers = facts ? answers(facts) : new Map();
    return { kind: 'nothing', reason: 'facts gathered', facts: factsIn(found), values: {} };
  },
};

function factsIn(found: Answers): Readonly<Record<FactName, Value>> {
  const text = (name: string): string => (found.get(name) ?? '').trim();
  const [system = '', nodename = '', kernel = '', machine = ''] = text('uname').split(' ');
  const fqdn = text('fqdn') === '' ? nodename : text('fqdn');
  const [, , , gid = '', gecos = '', home = '', shell = ''] = text('user').split(':');
  const [nproc = '', cpus = ''] = text('processors').split('\n');
  const memory = memoryOf(text('memory'));
  return {
    ...distributionOf(text('release'), text('debian')),
    ...addressFacts(text('addresses'), text('interfaces')),
    architecture: machine,
    machine,
    system,
    nodename,
    hostname: nodename.split('.')[0] ?? nodename,
    fqdn,
    domain: fqdn.includes('.') ? fqdn.slice(fqdn.indexOf('.') + 1) : '',
    kernel,
    kernel_version: text('version'),
    machine_id: text('machine'),
    user_id: text('user').split(':')[0] ?? '',
    user_uid: Number(text('uid')),
    user_gid: Number(gid),
    user_gecos: gecos,
    user_dir: home,
    user_shell: shell,
    effective_user_id: Number(text('uid')),
    effective_group_id: Number(text('gid')),
    env: environmentOf(found.get('env') ?? ''),
    service_mgr: text('init').split('\n').at(-1) ?? '',
    pkg_mgr: packageManager(text('packages')),
    processor_nproc: Number(nproc),
    processor_vcpus: Number(cpus),
    ...memory,
    mounts: mountsOf(text('mounts')),
    date_time: timeOf(text('time')),
  };
}

/** Ansible's names of distributions, where it is not the system's own `ID` with a capital. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  almalinux: 'AlmaLinux',
  amzn: 'Amazon',
  arch: 'Archlinux',
  centos: 'CentOS',
  ol: 'OracleLinux',
  'opensuse-leap': 'openSUSE Leap',
  'opensuse-tumbleweed': 'openSUSE Tumbleweed',
  rhel: 'RedHat',
  sles: 'SLES',
};

const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['Debian', /\b(?:debian|ubuntu)\b/],
  ['RedHat', /\b(?:rhel|fedora|centos|rocky|almalinux|ol|amzn)\b/],
  ['Suse', /\b(?:suse|opensuse|sles)\b/],
  ['Archlinux', /\barch\b/],
  ['Alpine', /\balpine\b/],
];

function distributionOf(release: string, debian: string) {
  const of = (key: string): string =>
    (new RegExp(`^${key}=(.*)$`, 'm').exec(release)?.[1] ?? '').replace(/^(["'])(.*)\1$/, '$2');
  const id = of('ID');
  const like = `${id} ${of('ID_LIKE')}`;
  const plain = of('VERSION_ID');
  // Debian's own number has no minor version; its file has
  const version = id === 'debian' && /^\d+\.\d+/.test(debian) ? debian : plain;
  return {
    distribution: DISTRIBUTIONS[id] ?? id.replace(/^./, (first) => first.toUpperCase()),
    distribution_version: version === '' ? 'NA' : version,
    distribution_major_version: plain === '' ? 'NA' : (plain.split('.')[0] ?? plain),
    distribution_release: of('VERSION_CODENAME') === '' ? 'NA' : of('VERSION_CODENAME'),
    os_family: FAMILIES.find(([, names]) => names.test(like))?.[0] ?? id.replace(/^./, (first) => first.toUpperCase()),
  };
}

function environmentOf(text: string): ValueMap {
  const entries = text.split('\0').flatMap((line): readonly (readonly [string, string])[] => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  return Object.fromEntries(entries);
}

function packageManager(text: string): string {
  const names = text.split('\n').map((path) => path.replace(/^.*\//, ''));
  const first = ['apt-get', 'dnf', 'yum', 'zypper', 'apk', 'pacman'].find((each) => names.includes(each));
  return first === undefined ? 'unknown' : first === 'apt-get' ? 'apt' : first;
}

function memoryOf(text: string) {
  const of = (key: string): number =>
    Math.floor(Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024);
  return {
    memtotal_mb: of('MemTotal'),
    memfree_mb: of('MemFree'),
    swaptotal_mb: of('SwapTotal'),
    swapfree_mb: of('SwapFree'),
    uptime_seconds: Math.floor(Number(text.split('\n').at(-1)?.split(' ')[0] ?? 0)),
  };
}

/** File systems on devices; sizes are bytes. */
function mountsOf(text: string): readonly Value[] {
  const [sizes = '', table = ''] = text.split('\n\n');
  const options = new Map(table.split('\n').map((line) => [line.split(' ')[1] ?? '', line.split(' ')[3] ?? '']));
  return sizes.split('\n').flatMap((line): readonly Value[] => {
    const [, device, fstype, total, free, mount] =
      /^(\/\S*|\S+:\/\S*)\s+(\S+)\s+(\d+)\s+\d+\s+(\d+)\s+\S+\s+(.*)$/.exec(line) ?? [];
    if (device === undefined || fstype === undefined || mount === undefined) return [];
    return [
      {
        mount,
        device,
        fstype,
        options: options.get(mount) ?? '',
        size_total: Number(total),
        size_available: Number(free),
      },
    ];
  });
}

function timeOf(text: string): ValueMap {
  const [local = '', utc = ''] = text.split('\n');
  const [
    year = '',
    month = '',
    weekday = '',
    number = '',
    week = '',
    day = '',
    hour = '',
    minute = '',
    second = '',
    ...rest
  ] = local.split(' ');
  const [epoch = '', nanoseconds = '', tz = '', offset = ''] = rest;
  const micro = nanoseconds.slice(0, 6).padEnd(6, '0');
  return {
    year,
    month,
    weekday,
    weekday_number: number,
    weeknumber: week,
    day,
    hour,
    minute,
    second,
    epoch,
    epoch_int: epoch,
    date: `${year}-${month}-${day}`,
    time: `${hour}:${minute}:${second}`,
    iso8601: `${utc}Z`,
    iso8601_micro: `${utc}.${micro}Z`,
    iso8601_basic: `${year}${month}${day}T${hour}${minute}${second}${micro}`,
    iso8601_basic_short: `${year}${month}${day}T${hour}${minute}${second}`,
    tz,
    tz_offset: offset,
  };
}
