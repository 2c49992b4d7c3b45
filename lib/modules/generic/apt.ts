import { z } from 'zod';
import type { ValueMap } from '../../inventory/inventory.ts';
import { answers, lines, outputAnswer, type Answers } from '../../shell/answers.ts';
import type { Command, Query } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { Decision, Module, ModuleReport, Step } from '../module.ts';
import type { Result } from '../../shell/host-shell.ts';
import { boolean, choice, integer, text, words } from './arguments.ts';
import { A_DAY, codeOf, complaintOf, judgedLater, outOf } from './results.ts';

const schema = z.strictObject({
  name: words('packages: "name", "name=version", "name=1.2*"').optional(),
  pkg: words('the same as name').optional(),
  package: words('the same as name').optional(),
  state: choice(['present', 'installed', 'latest', 'absent', 'removed', 'fixed'], 'what they shall be').default(
    'present',
  ),
  update_cache: boolean('fetch the lists of packages first').default(false),
  cache_valid_time: integer('only where the lists are older than so many seconds').default(0),
  purge: boolean('remove settings too').default(false),
  autoremove: boolean('remove what is needed by nothing any more').default(false),
  autoclean: boolean('remove old packages from the cache').default(false),
  clean: boolean('remove all packages from the cache').default(false),
  upgrade: choice(['no', 'yes', 'safe', 'full', 'dist'], 'upgrade all packages').default('no'),
  default_release: text('the release to take packages from').optional(),
  install_recommends: boolean('whether recommended packages come along').optional(),
  only_upgrade: boolean('upgrade only what is installed').default(false),
  allow_downgrade: boolean('an older version may replace a newer').default(false),
  allow_unauthenticated: boolean('packages without a signature').default(false),
  allow_change_held_packages: boolean('held packages too').default(false),
  dpkg_options: words('options of dpkg').default(['force-confdef', 'force-confold']),
  lock_timeout: integer('seconds to wait for another package manager').default(60),
  deb: text('a package file on the host').optional(),
  policy_rc_d: integer('accepted: 101 keeps services from being started').optional(),
  force_apt_get: boolean('accepted: it is always apt-get').default(false),
});

type Arguments = z.output<typeof schema>;

/** Debian's packages. */
export const apt: Module<Arguments> = {
  name: 'apt',
  summary: 'Installs, upgrades and removes Debian packages.',
  schema,
  scope: 'host',
  generic: true,
  paths: ['deb'],
  read: () => aptQuestion(),
  decide: ({ arguments: args, now }, facts) => decideApt(args, facts ? answers(facts) : new Map(), now),
  report: ({ arguments: args }, results, { facts }) => reportApt(args, results, facts),
};

export type AptArguments = Arguments;
export const aptSchema = schema;

function namesOf({ name, pkg, package: other }: Arguments): readonly string[] {
  return name ?? pkg ?? other ?? [];
}

const LISTS = outputAnswer(
  'lists',
  sh`stat -c %Y /var/lib/apt/periodic/update-success-stamp || stat -c %Y /var/lib/apt/lists`,
);

/** What is installed of the packages named, also of virtual ones; and how old the lists are. */
export function aptQuestion(): Query {
  const format = '${Package}\\t${Version}\\t${db:Status-Abbrev}\\t${Provides}\\n';
  return {
    kind: 'query',
    command: lines(
      outputAnswer('installed', sh`dpkg-query -W -f ${format}`),
      LISTS,
      outputAnswer('apt', sh`command -v apt-get`),
    ),
  };
}

interface Installed {
  readonly version: string;
  readonly status: string;
}

function installedOf(found: Answers): ReadonlyMap<string, Installed> {
  const packages = new Map<string, Installed>();
  const provided: (readonly [string, Installed])[] = [];
  for (const line of (found.get('installed') ?? '').split('\n')) {
    const [name = '', version = '', status = '', provides = ''] = line.split('\t');
    if (name === '' || status.trim() === 'un') continue;
    packages.set(name, { version, status: status.trim() });
    if (!status.startsWith('ii')) continue;
    for (const each of provides.split(',')) {
      const virtual = each.trim().split(/[\s(]/)[0] ?? '';
      if (virtual !== '') provided.push([virtual, { version, status: 'ii' }]);
    }
  }
  for (const [name, each] of provided) if (!packages.has(name)) packages.set(name, each);
  return packages;
}

export function decideApt(args: Arguments, found: Answers, now: number): Decision {
  if ((found.get('apt') ?? '') === '') return { kind: 'failed', says: 'the host has no apt-get' };
  const steps: Step[] = [];
  const job = (says: string, command: Command): void => {
    steps.push({ kind: 'job', says, command, deadline: A_DAY, judge: judgedLater });
  };
  const updates = needsUpdate(args, found, now);
  if (updates) job('fetch the lists of packages', aptGet(args, ['update']));
  const missing = wantedOf(args, installedOf(found));
  if (args.upgrade !== 'no') {
    const how = args.upgrade === 'dist' || args.upgrade === 'full' ? ['dist-upgrade'] : ['upgrade', '--with-new-pkgs'];
    job('upgrade all packages', aptGet(args, how));
  }
  if (args.deb !== undefined) job(`install ${args.deb}`, aptGet(args, ['install', args.deb]));
  if (args.state === 'fixed') job('mend broken packages', aptGet(args, ['--fix-broken', 'install']));
  else if (missing.length > 0) {
    const removes = args.state === 'absent' || args.state === 'removed';
    const verb = removes ? ['remove'] : ['install', ...(args.only_upgrade ? ['--only-upgrade'] : [])];
    const says = `${removes ? (args.purge ? 'purge' : 'remove') : args.state === 'latest' ? 'install or upgrade' : 'install'} ${missing.join(', ')}`;
    job(says, aptGet(args, [...verb, ...missing]));
  }
  if (args.autoremove && (missing.length === 0 || args.state === 'present'))
    job('remove what nothing needs', aptGet(args, ['autoremove']));
  if (args.autoclean) job('clean the cache of old packages', aptGet(args, ['autoclean']));
  if (args.clean) job('clean the cache of packages', aptGet(args, ['clean']));
  if (updates) steps.push({ kind: 'ask', says: 'look at the lists of packages', command: LISTS });
  if (steps.length > 0) return { kind: 'steps', steps };
  return { kind: 'nothing', reason: reasonOf(args), values: isRemoval(args) ? {} : cacheValues(found) };
}

function reasonOf(args: Arguments): string {
  const names = namesOf(args).join(', ');
  return args.state === 'absent' || args.state === 'removed' ? `${names} is not installed` : `${names} is installed`;
}

function cacheValues(found: Answers): ValueMap {
  return { cache_updated: false, cache_update_time: Number(found.get('lists') ?? 0) };
}

function needsUpdate(
  { update_cache: update, cache_valid_time: valid }: Arguments,
  found: Answers,
  now: number,
): boolean {
  if (!update && valid === 0) return false;
  return valid === 0 || now / 1000 - Number(found.get('lists') ?? 0) > valid;
}

/** The packages that something has to be done about. Of `latest` that is known only after apt has looked. */
function wantedOf(args: Arguments, installed: ReadonlyMap<string, Installed>): readonly string[] {
  return namesOf(args).filter((each) => {
    const [plain = '', version] = each.split('=');
    const known = installed.get(plain.replace(/:.*$/, ''));
    const there = known?.status.startsWith('ii') ?? false;
    switch (args.state) {
      case 'absent':
      case 'removed':
        return there || (args.purge && known !== undefined);
      case 'latest':
        return true;
      case 'fixed':
        return false;
      case 'present':
      case 'installed':
        return !there || (version !== undefined && !versionMatches(version, known?.version ?? ''));
    }
  });
}

/** `1.2*` as apt reads it: `*` stands for anything. */
function versionMatches(pattern: string, version: string): boolean {
  const text = pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${text}$`).test(version);
}

function aptGet(args: Arguments, words: readonly string[]): Command {
  const removes = words[0] === 'remove' || words[0] === 'autoremove';
  const options = [
    '-y',
    '-q',
    ...args.dpkg_options.flatMap((each) => ['-o', `Dpkg::Options::=--${each}`]),
    '-o',
    `DPkg::Lock::Timeout=${args.lock_timeout}`,
    ...(args.install_recommends === undefined
      ? []
      : ['-o', `APT::Install-Recommends=${args.install_recommends ? 'yes' : 'no'}`]),
    ...(args.default_release === undefined ? [] : ['-t', args.default_release]),
    ...(args.allow_downgrade ? ['--allow-downgrades'] : []),
    ...(args.allow_unauthenticated ? ['--allow-unauthenticated'] : []),
    ...(args.allow_change_held_packages ? ['--allow-change-held-packages'] : []),
    ...(args.purge && removes ? ['--purge'] : []),
    ...(args.autoremove && words[0] === 'remove' ? ['--auto-remove'] : []),
  ];
  return sh`LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical apt-get ${options} ${words}`;
}

/** apt itself says how much it did. Told is what Ansible tells: of installed packages also how old the lists are. */
export function reportApt(args: Arguments, results: readonly Result[], facts: Result | undefined): ModuleReport {
  const failed = results.find((each) => codeOf(each) !== 0);
  const updated = results.at(-1) === undefined ? undefined : listsIn(results.at(-1));
  const jobs = updated === undefined ? results : results.slice(0, -1);
  const stdout = jobs.map(outOf).join('');
  const counts = [
    ...stdout.matchAll(/^(\d+) upgraded, (\d+) newly installed, (?:(\d+) downgraded, )?(\d+) to remove/gm),
  ];
  const changed = counts.some((count) => count.slice(1).some((each) => Number(each) > 0));
  const onlyLists = namesOf(args).length === 0 && args.upgrade === 'no' && args.deb === undefined;
  const cache = {
    cache_updated: updated !== undefined,
    cache_update_time: updated ?? listsIn(facts) ?? 0,
  };
  if (failed) {
    const unknown = /^E: Unable to locate package (.*)$/m.exec(stdout)?.[1];
    const msg = unknown === undefined ? complaintOf(failed) : `No package matching '${unknown}' is available`;
    return {
      changed,
      failed: msg,
      values: { msg, ...(unknown === undefined ? { rc: codeOf(failed), stdout, stderr: '' } : {}) },
    };
  }
  const cleans = args.clean || args.autoclean || args.autoremove;
  if (onlyLists && !cleans) return { changed: updated !== undefined, values: cache };
  const values: ValueMap = changed || (onlyLists && cleans) || args.deb !== undefined ? { stdout, stderr: '' } : {};
  const tellsCache = namesOf(args).length > 0 && !isRemoval(args);
  return { changed: changed || args.clean, values: { ...values, ...(tellsCache ? cache : {}) } };
}

function isRemoval({ state }: Arguments): boolean {
  return state === 'absent' || state === 'removed';
}

/** How old the lists are, where that was asked: seconds since the epoch. */
function listsIn(result: Result | undefined): number | undefined {
  const found = result && /^lists\* (\S*)$/m.exec(outOf(result))?.[1];
  return found === undefined ? undefined : Number(Buffer.from(found, 'base64').toString('utf8'));
}
