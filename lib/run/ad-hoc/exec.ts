import type { AdHocError, AdHocEvent, Events } from '../../events.ts';
import { decodeBytes } from '../../shell/bytes.ts';
import { mutation } from '../../shell/fence.ts';
import type { Command, HostShell, Result } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import { eachHost, type AdHoc, type Found } from './each-host.ts';

export interface Exec {
  readonly command: Command;
  /** Milliseconds that the command may take. */
  readonly deadline: number;
  /** Say what would be sent, and connect to nothing. */
  readonly check: boolean;
}

interface Ended {
  readonly command: string;
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** One word is a line of shell; several are a program and its arguments, each handed on as it is. */
export function commandOf(words: readonly string[]): Command {
  const [only = '', ...others] = words;
  return others.length === 0 ? raw(only) : sh`${words}`;
}

/**
 * Runs a command on every host, once. It is a change like any other: a host that a run holds refuses it, and what
 * became of it where the line was lost is unknown.
 */
export async function execOnHosts(adHoc: AdHoc, exec: Exec, events: Events): Promise<number> {
  const { command, check } = exec;
  const nothing: Ended = { command: command.text, code: undefined, signal: undefined, stdout: '', stderr: '' };
  const tell = (event: AdHocEvent & Ended): void => {
    events.emit('exec:host', { ...event, as: adHoc.becomes(event.host) });
  };
  if (check) {
    for (const host of adHoc.hosts) tell({ host, status: 'would-change', seconds: 0, error: undefined, ...nothing });
    return 3;
  }
  return eachHost<Ended>({ adHoc, nothing, tell, work: (shell) => run(shell, exec) });
}

async function run(shell: HostShell, { command, deadline }: Exec): Promise<Found<Ended>> {
  const result = await shell.change(mutation({ command, claim: 'unclaimed', deadline }));
  const { ending } = result;
  const value = (more: Partial<Ended>): Ended => ({ ...endedOf(command, result), ...more });
  switch (ending.kind) {
    case 'exited':
      return { value: value({ code: ending.code }), status: ending.code === 0 ? 'ok' : 'failed' };
    case 'signalled':
      return { value: value({ signal: ending.signal }), status: 'failed' };
    case 'unknown':
      return { value: value({}), status: 'unknown', error: unknownEnd(shell.host, ending.reason) };
  }
}

function endedOf(command: Command, { stdout, stderr }: Result): Ended {
  return {
    command: command.text,
    code: undefined,
    signal: undefined,
    stdout: decodeBytes(stdout),
    stderr: decodeBytes(stderr),
  };
}

function unknownEnd(host: string, reason: string): AdHocError {
  return {
    code: 'connection-lost',
    message: `${reason}; it may have run, and may run still`,
    next: `look on ${host} before it is run again`,
  };
}
