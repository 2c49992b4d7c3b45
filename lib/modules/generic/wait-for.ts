import { z } from 'zod';
import type { ValueMap } from '../../inventory/inventory.ts';
import { pythonRegex, regexFault } from '../../playbook/expressions/python-regex.ts';
import { answers } from '../../shell/answers.ts';
import type { Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { Decision, Module, ModuleContext, Step, Verdict } from '../module.ts';
import { choice, integer, number, text, words } from './arguments.ts';
import { pathFacts, pathQuestion, pathValues, type PathFacts } from './path-facts.ts';
import { codeOf, outOf } from './results.ts';

const schema = z.strictObject({
  host: text('the address to connect to, as the host itself reaches it').default('127.0.0.1'),
  port: integer('the port to connect to')
    .refine((port) => port >= 1 && port <= 65_535, { error: '"port" takes a number from 1 to 65535' })
    .optional(),
  path: text('a path instead of a port').optional(),
  state: choice(['started', 'present', 'stopped', 'absent', 'drained'], 'what is waited for').default('started'),
  search_regex: text('what the file must hold, or the other side must say')
    .superRefine((given, context) => {
      const fault = regexFault(given);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: `"search_regex": ${fault}` });
    })
    .optional(),
  timeout: integer('seconds until it has failed').default(300),
  delay: integer('seconds before the first look').default(0),
  sleep: number('seconds between two looks').default(1),
  connect_timeout: integer('accepted: a connection is given up after five seconds').default(5),
  msg: text('what to say when the time is up').optional(),
  exclude_hosts: words('addresses whose connections do not count for "drained"').default([]),
});

type Arguments = z.output<typeof schema>;

/** Waits for a port, a path, or a text in a file. */
export const waitFor: Module<Arguments> = {
  name: 'wait_for',
  summary: 'Waits until a port answers or does not, a path is there or gone, or a file holds a text.',
  schema,
  scope: 'host',
  generic: true,
  paths: ['path'],
  decide: ({ arguments: args }) => {
    const { port, path, state, search_regex: regex } = args;
    if (port !== undefined && path !== undefined) return refused('"wait_for" takes "port" or "path", not both');
    if (state === 'drained' && port === undefined) return refused('"drained" is about a port: name it');
    if (regex !== undefined && (state === 'stopped' || state === 'absent'))
      return refused('"search_regex" is for what is there');
    return { kind: 'steps', steps: [...(args.delay > 0 ? [pause(args.delay)] : []), ...waiting(args)] };
  },
  report: (context, results, { began, ended }) => {
    const elapsed = Math.floor((ended - began) / 1000);
    const last = results.at(-1);
    const done =
      last === undefined ||
      (context.arguments.port === undefined && context.arguments.path === undefined) ||
      verdictOf(context.arguments)(last).ok;
    if (done) return { changed: false, values: { elapsed, ...valuesOf(context, last) } };
    const msg = context.arguments.msg ?? timedOut(context.arguments);
    return { changed: false, failed: msg, values: { elapsed, msg } };
  },
};

function refused(says: string): Decision {
  return { kind: 'failed', says };
}

function pause(seconds: number): Step {
  return { kind: 'ask', says: `wait ${seconds} s`, command: sh`sleep ${seconds}`, deadline: (seconds + 60) * 1000 };
}

function waiting(args: Arguments): readonly Step[] {
  const { host, port, path, state, timeout } = args;
  const timing = { every: Math.max(100, args.sleep * 1000), deadline: timeout * 1000 };
  const judge = verdictOf(args);
  if (path !== undefined) {
    const look = pathQuestion({ name: 'it', path, follow: true });
    const inside =
      args.search_regex === undefined ? sh`:` : sh`if [ -f ${path} ]; then echo content; cat -- ${path}; fi`;
    return [
      {
        kind: 'wait',
        says: `wait until ${path} is ${gone(state) ? 'gone' : 'there'}`,
        command: sh`${look}\n${inside}`,
        judge,
        ...timing,
      },
    ];
  }
  if (port === undefined) return [pause(timeout)];
  if (state === 'drained') {
    const command = sh`cat /proc/net/tcp /proc/net/tcp6 2>/dev/null`;
    return [{ kind: 'wait', says: `wait until nobody is connected to port ${port}`, command, judge, ...timing }];
  }
  const says = `wait until ${host}:${port} ${gone(state) ? 'refuses' : 'accepts'} connections`;
  const listen = args.search_regex === undefined ? {} : { listen: Math.min(5000, timing.deadline) };
  return [{ kind: 'tcp', says, address: host, port, judge, ...listen, ...timing }];
}

function gone(state: Arguments['state']): boolean {
  return state === 'stopped' || state === 'absent';
}

function verdictOf(args: Arguments): (result: Result) => Verdict {
  const holds = (result: Result): boolean => {
    if (args.state === 'drained') return connections(outOf(result), args) === 0;
    const there = args.path === undefined ? codeOf(result) === 0 : outOf(result).includes('it.stat ');
    if (gone(args.state)) return !there;
    return there && (args.search_regex === undefined || matchIn(args, result) !== undefined);
  };
  return (result) => (holds(result) ? { ok: true } : { ok: false, says: args.msg ?? timedOut(args) });
}

function timedOut({ host, port, path, state, search_regex: regex }: Arguments): string {
  const what = path === undefined ? `${host}:${port ?? 0}` : gone(state) || regex !== undefined ? path : `file ${path}`;
  const sought = regex === undefined ? '' : `search string ${regex} in `;
  return gone(state)
    ? `Timeout when waiting for ${what} to ${path === undefined ? 'stop' : 'be absent'}.`
    : state === 'drained'
      ? `Timeout when waiting for ${what} to drain`
      : `Timeout when waiting for ${sought}${what}`;
}

function matchIn({ search_regex: regex = '', path }: Arguments, result: Result): RegExpExecArray | undefined {
  const whole = outOf(result);
  const text = path === undefined ? whole : whole.slice(whole.indexOf('\ncontent\n') + 9);
  return pythonRegex(regex, { multiline: true }).exec(text) ?? undefined;
}

function valuesOf({ arguments: args }: ModuleContext<Arguments>, result: Result | undefined): ValueMap {
  const { port = null, path = null, search_regex: regex = null, state } = args;
  // as Ansible has it: what a port said is searched, and its groups are not told
  const match = result && regex !== null && path !== null ? matchIn(args, result) : undefined;
  const facts = result && path !== null ? factsIn(result, path) : undefined;
  return {
    port,
    path,
    search_regex: regex,
    match_groups: match ? match.slice(1).map((each) => (each as string | undefined) ?? null) : [],
    match_groupdict: { ...match?.groups },
    state,
    ...(facts ? pathValues(facts) : {}),
  };
}

/** What stands before the content. */
function factsIn(result: Result, path: string): PathFacts | undefined {
  const [before = ''] = outOf(result).split('\ncontent\n', 1);
  return pathFacts(answers({ ...result, stdout: Buffer.from(before) }), { name: 'it', path });
}

/** Established connections to the port, from the kernel's table; those of excluded addresses are not counted. */
function connections(table: string, { port = 0, exclude_hosts: excluded }: Arguments): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').filter((line) => {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    // 01 is established; a listening socket is no connection
    if (!local.endsWith(`:${hex}`) || state === '0A' || state === undefined || !local.includes(':')) return false;
    return ['01', '02', '03', '04', '05', '06'].includes(state) && !excluded.includes(addressOf(remote));
  }).length;
}

/** An IPv4 address of /proc/net/tcp: its bytes stand in the host's order, which is reversed. */
function addressOf(remote: string): string {
  const [hex = ''] = remote.split(':');
  const bytes = (hex.slice(-8).match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse();
  return bytes.join('.');
}
