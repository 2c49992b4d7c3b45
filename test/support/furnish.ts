import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sshd } from './sshd.ts';

/** One more account of a test sshd, in its namespace alone. */
export interface Account {
  readonly name: string;
  readonly shell: string;
  /** As in sudoers, behind `ALL=(ALL)`. */
  readonly sudo?: string;
  /** Files of its home. */
  readonly files?: Readonly<Record<string, string>>;
}

let uid = 29_100;

export function addAccount(sshd: Sshd, { name, shell, sudo, files = {} }: Account): void {
  uid += 1;
  const home = join(sshd.folder, 'home', name);
  mkdirSync(home, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), content);
  }
  execFileSync('chown', ['-R', String(uid), home]);
  const hash = /^pat:([^:]*):/m.exec(readFileSync(join(sshd.folder, 'shadow'), 'utf8'))?.[1] ?? '*';
  const add = (file: string, line: string): void => {
    appendFileSync(join(sshd.folder, file), `${line}\n`);
  };
  add('passwd', `${name}:x:${uid}:${uid}::${home}:${shell}`);
  add('shadow', `${name}:${hash}:19000:0:99999:7:::`);
  add('group', `${name}:x:${uid}:`);
  if (sudo !== undefined) addSudoers(sshd, `${name} ALL=(ALL) ${sudo}`);
}

export function addSudoers(sshd: Sshd, line: string): void {
  const file = join(sshd.folder, 'sudoers');
  chmodSync(file, 0o640);
  appendFileSync(file, `${line}\n`);
  chmodSync(file, 0o440);
}

/** Runs a script where the sshd's hosts see what they see: mounts that it makes are theirs alone. */
export function inNamespace(sshd: Sshd, script: string): string {
  return execFileSync('nsenter', ['-t', String(sshd.pid), '-m', '/bin/sh', '-ec', script], { encoding: 'utf8' });
}

/** Puts files into the /etc of an sshd's namespace, where they may be new. */
export function furnishEtc(sshd: Sshd, files: Readonly<Record<string, string>>): void {
  const upper = join(sshd.folder, 'etc-upper');
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(upper, file)), { recursive: true, mode: 0o755 });
    writeFileSync(join(upper, file), content, { mode: 0o644 });
  }
  const own = ['passwd', 'shadow', 'group', 'sudoers'];
  inNamespace(
    sshd,
    [
      `mkdir -p ${sshd.folder}/etc-work`,
      `mount -t overlay overlay -o lowerdir=/etc,upperdir=${upper},workdir=${sshd.folder}/etc-work /etc`,
      ...own.map((name) => `mount --bind ${sshd.folder}/${name} /etc/${name}`),
    ].join('\n'),
  );
}
