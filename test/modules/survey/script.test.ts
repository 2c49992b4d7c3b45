import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Value } from '../../../lib/inventory/inventory.ts';
import { parseSurvey } from '../../../lib/modules/survey/host-survey.ts';
import { surveyHost } from '../../../lib/modules/survey/survey-host.ts';
import type { ModuleContext } from '../../../lib/modules/module.ts';

const variables: Readonly<Record<string, Value>> = { pgup_target: '17', pgup_backup_dir: "/srv/it's $HOME" };
const context = {
  host: 'one',
  arguments: {},
  variable: (name: string) => variables[name],
  deployment: { name: 'demo', hosts: ['one'], applications: ['one'], databases: ['one'] },
  run: '20261123-020304-abcd',
  learned: () => ({}),
  shared: {},
  now: 0,
} as unknown as ModuleContext<Record<string, never>>;

const query = surveyHost.read?.(context);
const script = query?.command.text ?? '';

const SHELLS = ['dash', 'bash', 'busybox'].filter((shell) => spawnSync('which', [shell]).status === 0);

/** What any POSIX system has. No ip, flock, runuser, timeout, systemctl, psql, apt, dpkg. */
const BARE = [
  'awk',
  'sed',
  'grep',
  'cat',
  'head',
  'tr',
  'cut',
  'sort',
  'uname',
  'id',
  'date',
  'dirname',
  'basename',
  'find',
  'wc',
  'env',
];

describe('survey script', () => {
  for (const shell of SHELLS)
    it(`is read by ${shell}`, () => {
      const options = shell === 'busybox' ? ['sh', '-n'] : ['-n'];
      const { status, stderr } = spawnSync(shell, options, { input: script, encoding: 'utf8' });
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
    });

  it('comes to its end where hardly a tool is there, and says which are', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-bare-'));
    try {
      for (const tool of BARE) {
        const path = execFileSync('which', [tool], { encoding: 'utf8' }).trim();
        symlinkSync(path, join(folder, tool));
      }
      const closed = script.replaceAll(
        'PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'PATH=$PATH',
      );
      expect(closed).to.not.equal(script);
      const output = execFileSync('/bin/sh', ['-s'], {
        input: closed,
        env: { PATH: folder },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const survey = parseSurvey(output);
      expect(survey?.host.tools).to.deep.equal(['awk', 'find']);
      expect(survey?.host.addresses).to.include('127.0.0.1');
      expect(survey?.host.uid).to.equal(process.getuid?.());
      expect(survey?.clusterError).to.be.a('string');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(30_000);

  it('is one query that fits into an argument', () => {
    expect(query?.kind).to.equal('query');
    expect(script.length).to.be.lessThan(100_000);
  });

  it('quotes what the inventory says', () => {
    expect(script).to.include(`BACKUP_DIR='/srv/it'\\''s $HOME'`);
  });

  it('redirects output nowhere but to /dev/null and into its own folder in memory', () => {
    const targets = [...script.matchAll(/(?<![<=-])>>?\s*("?[\w$/{][^\s;)]*)/g)].map(([, target]) => target);
    const own = targets.filter((target) => target !== '/dev/null' && !target?.startsWith('"$scratch/'));
    // comparisons in SQL and awk look like redirections and are none
    expect(
      own.filter((target) => target?.startsWith('"') || target?.startsWith('/') || target?.startsWith('$')),
    ).to.deep.equal([]);
  });
});
