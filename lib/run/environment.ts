import type { Input, Step } from '../modules/module.ts';
import { Secret } from '../secret.ts';
import type { Command, Query } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';

/** Environment variables of what a task runs on its host. */
export type Environment = ReadonlyMap<string, string | Secret>;

interface Told {
  readonly command: Command;
  readonly stdin?: Input | undefined;
}

/** A query in the task's environment. */
export function queryIn(environment: Environment, query: Query): Query {
  return environment.size === 0 ? query : { ...query, ...told(environment, query) };
}

/** A step in the task's environment; what is asked over the network, or moves files, has none. */
export function stepIn<Kind extends Step>(environment: Environment, step: Kind): Kind {
  if (environment.size === 0) return step;
  switch (step.kind) {
    case 'change':
    case 'job':
    case 'ask':
    case 'wait':
      return { ...step, ...told(environment, step) };
    default:
      return step;
  }
}

/**
 * Exports before the command. A secret does not stand in the command: it comes first on its standard input, a line
 * each, and is taken from there by the shell that then runs the command.
 */
function told(environment: Environment, { command, stdin }: Told): Told {
  const secrets: string[] = [];
  const exports = [...environment].map(([name, value]) => {
    if (!(value instanceof Secret)) return sh`export ${raw(name)}=${value}`.text;
    secrets.push(Buffer.from(value.reveal()).toString('base64'));
    // the x keeps line breaks at the end, which the shell would take off
    return `IFS= read -r __pgup_s; __pgup_s=$(printf %s "$__pgup_s" | base64 -d; printf x); export ${name}="\${__pgup_s%x}"; unset __pgup_s`;
  });
  const inside = raw(`${exports.join('\n')}\n${command.text}`);
  if (secrets.length === 0) return { command: inside };
  return { command: inside, stdin: new Secret(`${secrets.join('\n')}\n${textOf(stdin)}`) };
}

function textOf(stdin: Input | undefined): string {
  if (stdin === undefined) return '';
  if (stdin instanceof Secret) return stdin.reveal();
  return typeof stdin === 'string' ? stdin : Buffer.from(stdin).toString('utf8');
}
