import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PgupError } from '../../../lib/errors.ts';
import { readTime } from '../../../lib/modules/facts/clock.ts';
import { factsQuery, readFacts, type Facts, type FactsOptions } from '../../../lib/modules/facts/facts.ts';

const SHELLS = ['dash', 'bash', 'busybox', 'mksh'].filter((shell) => spawnSync('which', [shell]).status === 0);

/** Asks this machine, as a session of a host would be asked. */
function ask(shell: string, options: FactsOptions, env: Record<string, string> = {}): Facts {
  const sent = Date.now();
  const { stdout, stderr } = spawnSync(shell, shell.endsWith('busybox') ? ['sh', '-s'] : ['-s'], {
    input: factsQuery(options).command.text,
    env: { PATH: process.env['PATH'], HOME: '/home/me', ...env },
  });
  expect(String(stderr)).to.equal('');
  const result = { ending: { kind: 'exited', code: 0 }, stdout, stderr } as const;
  return readFacts(result, { options, sent, received: Date.now() });
}

describe('facts', () => {
  for (const shell of SHELLS)
    it(`are the same for every shell, and true: ${shell}`, () => {
      const options = { paths: ['/dev/shm', `/nowhere/it's $HOME`], packages: ['no-such-package', 'bas[h]', 'dash'] };
      const facts = ask(shell, { ...options, tools: ['sh', 'no-such-tool', 'echo'] });
      expect(facts.system.boot).to.equal(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
      expect(facts.system.kernel).to.equal(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
      expect(facts.system.os).to.equal('debian');
      expect(facts.user).to.deep.equal({ name: userInfo().username, uid: userInfo().uid, home: '/home/me' });
      expect(facts.memory.total).to.equal(
        Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024,
      );
      expect(facts.processors).to.equal(Number(execFileSync('nproc', { encoding: 'utf8' })));
      expect(facts.addresses).to.include('127.0.0.1');
      expect(Object.keys(facts.paths)).to.deep.equal(options.paths);
      expect(facts.paths['/dev/shm']).to.deep.include({ existing: '/dev/shm', mount: '/dev/shm', type: 'tmpfs' });
      expect(facts.paths['/dev/shm']?.free).to.be.greaterThan(0);
      expect(facts.paths['/dev/shm']?.freeInodes).to.be.greaterThan(0);
      expect(facts.paths[`/nowhere/it's $HOME`]).to.deep.include({ existing: '/', mount: '/' });
      // a shell's own word is no tool
      expect(facts.tools['sh']).to.match(/^\/.*sh$/);
      expect(facts.tools['no-such-tool']).to.equal(null);
      expect(facts.packageManager).to.equal('apt');
      expect(facts.packages).to.have.all.keys('no-such-package', 'bash', 'dash');
      expect(facts.packages['no-such-package']).to.equal(null);
      expect(facts.packages['dash']).to.match(/^0\.5/);
    });

  it('come to their end where hardly a tool is there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-bare-'));
    try {
      const query = factsQuery({ paths: ['/'] });
      for (const tool of ['uname', 'id', 'date', 'awk', 'sort', 'dirname', 'head']) {
        symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(folder, tool));
      }
      const text = query.command.text.replace(/^PATH=\$PATH:.*$/m, 'PATH=$PATH');
      expect(text).to.not.equal(query.command.text);
      const { stdout, stderr } = spawnSync('/bin/sh', ['-s'], { input: text, env: { PATH: folder } });
      expect(String(stderr)).to.equal('');
      const facts = readFacts({ ending: { kind: 'exited', code: 0 }, stdout, stderr }, { options: {} });
      expect(facts.system.uid).to.equal(process.getuid?.());
      expect(facts.tools['awk']).to.equal(join(folder, 'awk'));
      expect(facts.tools['sudo']).to.equal(null);
      expect(facts.packageManager).to.equal('');
      expect(facts.clusters).to.deep.equal([]);
      expect(facts.paths['/']).to.include({ existing: '/', type: '', free: undefined });
      expect(facts.time.offset).to.equal(undefined);
      expect(facts.time.clock).to.be.greaterThan(1e9);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tell the clock of a host apart from ours, and how sure that is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-clock-'));
    try {
      // a host whose clock is ten minutes ahead
      writeFileSync(join(folder, 'date'), '#!/bin/sh\nexec /bin/date -d "10 minutes" "$@"\n', { mode: 0o755 });
      const { time } = ask('/bin/sh', {}, { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
      expect(time.uncertainty).to.be.within(0, 5);
      expect(Math.abs((time.offset ?? 0) - 600)).to.be.lessThan((time.uncertainty ?? 0) + 0.01);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('know that a clock which tells seconds only may be nearly one further', () => {
    const times = { began: '10 %N +0200', ended: '10 %N +0200', sent: 10_400, received: 10_600 };
    expect(readTime(times)).to.deep.equal({ clock: 10, zone: '+0200', offset: 0, uncertainty: 0.6 });
    const precise = { ...times, began: '10 450000000 +0000', ended: '10 550000000 +0000' };
    expect(readTime(precise)).to.deep.equal({ clock: 10.55, zone: '+0000', offset: 0, uncertainty: 0.05 });
  });

  it('find the clusters that pg_lsclusters lists, and a server that it does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-clusters-'));
    const data = join(folder, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'PG_VERSION'), '16\n');
    writeFileSync(join(data, 'postmaster.pid'), `1\n${data}\n1\n5499\n`);
    writeFileSync(
      join(folder, 'pg_lsclusters'),
      '#!/bin/sh\necho "15 main 5432 online,recovery postgres /data/15 /log/15"\necho "17 new 5433 down <unknown> /data/17 /log/17"\n',
      { mode: 0o755 },
    );
    symlinkSync('/bin/sleep', join(folder, 'postgres'));
    const script = `cd ${data}; "$1" 60 & exec -a 'postgres: writer' "$1" 60`;
    const server = spawnSync('bash', ['-c', `(${script}) >/dev/null 2>&1 & echo $!`, 'x', join(folder, 'postgres')], {
      encoding: 'utf8',
    });
    try {
      const { clusters } = ask('/bin/sh', {}, { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
      expect(clusters.slice(0, 2)).to.deep.equal([
        {
          ...{ version: '15', name: 'main', port: 5432, status: 'online,recovery', owner: 'postgres' },
          ...{ dataDirectory: '/data/15', logFile: '/log/15' },
        },
        {
          ...{ version: '17', name: 'new', port: 5433, status: 'down', owner: '<unknown>' },
          ...{ dataDirectory: '/data/17', logFile: '/log/17' },
        },
      ]);
      const own = clusters.filter(({ dataDirectory }) => dataDirectory === data);
      expect(own).to.deep.equal([
        {
          ...{ version: '16', name: '', port: 5499, status: 'online', owner: userInfo().username },
          ...{ dataDirectory: data, logFile: '' },
        },
      ]);
    } finally {
      execFileSync('sh', ['-c', `kill ${server.stdout.trim()}; pkill -P ${server.stdout.trim()} || :`]);
      rmSync(folder, { recursive: true });
    }
  });

  it('that broke off are no facts', () => {
    const { stdout, stderr } = spawnSync('/bin/sh', ['-s'], { input: factsQuery().command.text });
    const cut = stdout.subarray(0, stdout.length - 20);
    const result = { ending: { kind: 'exited', code: 0 }, stdout: cut, stderr } as const;
    expect(() => readFacts(result, { options: {} }))
      .to.throw(PgupError)
      .with.property('code', 'command-failed');
  });

  it('are asked of absolute paths only', () => {
    for (const path of ['srv', '', '--', '/a\nb']) {
      expect(() => factsQuery({ paths: [path] }))
        .to.throw(PgupError)
        .with.property('code', 'usage');
    }
  });

  it('fit into one argument', () => {
    expect(factsQuery().command.text.length).to.be.lessThan(20_000);
  });
});
