import type { Command } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';

/** Debian's start.conf with one word in it; owner, mode and comments stay. */
export function setStart(configDirectory: string, mode: string): Command {
  const path = `${configDirectory}/start.conf`;
  return sh`sed -E -i ${`s/^[[:space:]]*(auto|manual|disabled)[[:space:]]*$/${mode}/`} ${path}; grep -qx ${mode} ${path} || echo ${mode} >> ${path}`;
}

/** The word in a start.conf. */
export function startMode(content: string | undefined): string | undefined {
  return content
    ?.split('\n')
    .find((line) => /^\s*(auto|manual|disabled)\s*$/.test(line))
    ?.trim();
}
