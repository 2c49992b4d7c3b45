import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { measureSuccess } from './child.ts';
import { eachRound, interleave } from './interleave.ts';
import { installPeers } from './peers.ts';
import { PGUP } from './pgup.ts';
import { processTable } from './table.ts';

const HOSTS = 5000;
const GROUPS = 50;

/** How long a large fleet takes until anything is connected. */
export const inventory: Benchmark = {
  name: 'inventory',
  summary: `${HOSTS} hosts in ${GROUPS} groups with group_vars: read and planned`,
  rounds: 5,
  async measure({ rounds, folder, say }) {
    const peers = await installPeers({ say });
    writeFiles(folder);
    const command = [...PGUP, 'plan', '-i', 'hosts.ini', 'site.yml'];
    const pgup = { name: 'pgup plan', run: () => measureSuccess({ command, cwd: folder }) };
    const ansible = {
      name: 'ansible-inventory --list',
      rounds: 2,
      run: () =>
        measureSuccess({
          command: [join(peers.bin, 'ansible-inventory'), '-i', 'hosts.ini', '--list'],
          cwd: folder,
          env: { LC_ALL: 'C.UTF-8' },
        }),
    };
    const { taken, promises } = await interleave({
      rounds,
      sides: [pgup, ansible],
      say,
      promises: (all) => [
        {
          key: 'plan seconds',
          says: `pgup plan of ${HOSTS} hosts, whole process`,
          values: eachRound(all, [pgup.name], ([ours]) => ours.wall),
          limit: { kind: 'at most', bound: 2 },
          unit: 's',
        },
        {
          key: 'plan MB',
          says: 'the most memory that it held',
          values: eachRound(all, [pgup.name], ([ours]) => ours.memory / 1e6),
          limit: { kind: 'at most', bound: 300 },
          unit: 'MB',
        },
      ],
    });
    return { tables: [processTable(taken.values())], promises };
  },
};

/** Groups of 100 hosts below ten sites, variables of every kind, and a play whose arguments are made of them. */
function writeFiles(folder: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const each = HOSTS / GROUPS;
  const groups = Array.from({ length: GROUPS }, (_, number) => `rack${number + 1}`);
  const sections = groups.flatMap((name, index) => [
    `[${name}]`,
    ...Array.from({ length: each }, (_, host) => {
      const number = index * each + host + 1;
      return `host${number}.example.com ansible_host=198.18.${Math.floor(number / 250)}.${(number % 250) + 1} number=${number}`;
    }),
    '',
  ]);
  const sites = Array.from({ length: 10 }, (_, site) => [
    `[site${site}:children]`,
    ...groups.filter((_name, index) => index % 10 === site),
    '',
  ]).flat();
  write('hosts.ini', [...sections, ...sites, '[all:vars]', 'ansible_user=ops', ''].join('\n'));
  write('group_vars/all.yml', 'domain: example.com\nntp: [ntp1, ntp2]\nlimits: { open: 1024, processes: 512 }\n');
  for (const name of groups) write(`group_vars/${name}.yml`, `rack: ${name}\ncontact: 'noc+{{ rack }}@{{ domain }}'\n`);
  const tasks = Array.from({ length: 8 }, (_, number) => `    - command: echo ${number} {{ rack }} {{ limits.open }}`);
  const copy = "    - copy: { dest: /etc/contact, content: '{{ contact }}' }";
  write('site.yml', ['- hosts: all', '  tasks:', copy, ...tasks, ''].join('\n'));
}
