import { z } from 'zod';
import type { ValueMap } from '../../inventory/inventory.ts';
import { answers, lines, outputAnswer, type Answers } from '../../shell/answers.ts';
import type { Command } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Decision, Module, Step } from '../module.ts';
import { boolean, choice, text } from './arguments.ts';
import { codeOf, orFail } from './results.ts';

const schema = z
  .strictObject({
    name: text('the unit; ".service" where it has no ending').optional(),
    service: text('the same as name').optional(),
    unit: text('the same as name').optional(),
    state: choice(['started', 'stopped', 'restarted', 'reloaded'], 'what it shall do').optional(),
    enabled: boolean('whether it starts with the host').optional(),
    masked: boolean('whether it cannot be started at all').optional(),
    daemon_reload: boolean('have systemd read its files anew first').default(false),
    daemon_reexec: boolean('have systemd start itself anew first').default(false),
    force: boolean('replace links that are in the way of enabling').default(false),
    no_block: boolean('do not wait until it is done').default(false),
    scope: choice(['system', 'user', 'global'], 'whose units').default('system'),
  })
  .refine(
    (args) =>
      unitOf(args) !== undefined ||
      (args.state === undefined && args.enabled === undefined && args.masked === undefined),
    {
      error: '"systemd_service" needs the argument "name" for "state", "enabled" and "masked"',
    },
  );

type Arguments = z.output<typeof schema>;

/** Starts, stops, enables and masks systemd units. */
export const systemdService: Module<Arguments> = {
  name: 'systemd_service',
  summary: 'Starts, stops, restarts, reloads, enables and masks systemd units.',
  schema,
  scope: 'host',
  generic: true,
  read: ({ arguments: args }) => {
    const unit = unitOf(args);
    if (unit === undefined) return undefined;
    const systemctl = systemctlOf(args);
    return {
      kind: 'query',
      command: lines(
        outputAnswer('show', sh`${systemctl} show -- ${unit}`),
        outputAnswer('enabled', sh`${systemctl} is-enabled -- ${unit}`),
      ),
    };
  },
  decide: ({ arguments: args }, facts) => decided(args, facts ? answers(facts) : new Map()),
  foresee: ({ arguments: args }, facts) => valuesOf(args, facts ? answers(facts) : new Map()),
  report: ({ arguments: args }, results, { facts }) => {
    if (results.some((each) => codeOf(each) !== 0)) return { changed: false, values: {} };
    // as Ansible has it, "status" is what the unit was before
    return { changed: changesOf(args, results.length), values: valuesOf(args, facts ? answers(facts) : new Map()) };
  },
};

interface Named {
  readonly name?: string | undefined;
  readonly service?: string | undefined;
  readonly unit?: string | undefined;
}

function unitOf({ name, service, unit }: Named): string | undefined {
  return name ?? service ?? unit;
}

/** Reading systemd's files anew is no change by itself, as with Ansible: it is what the steps beside it are. */
function changesOf(args: Arguments, steps: number): boolean {
  const { daemon_reload: reload, daemon_reexec: reexec } = args;
  return steps > Number(reload) + Number(reexec);
}

function systemctlOf({ scope, no_block: noBlock, force }: Arguments): Command {
  const options = [...(noBlock ? ['--no-block'] : []), ...(force ? ['--force'] : [])];
  if (scope === 'system') return sh`systemctl ${options}`;
  const runtime = scope === 'user' ? raw('XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}" ') : raw('');
  return sh`${runtime}systemctl --${raw(scope)} ${options}`;
}

function decided(args: Arguments, found: Answers): Decision {
  const unit = unitOf(args);
  const systemctl = systemctlOf(args);
  const steps: Step[] = [];
  const add = (says: string, command: Command): void => {
    steps.push({ kind: 'change', says, command, deadline: 3_600_000, judge: orFail(`could not ${says}`) });
  };
  if (args.daemon_reexec) add('start systemd anew', sh`${systemctl} daemon-reexec`);
  if (args.daemon_reload) add('have systemd read its files anew', sh`${systemctl} daemon-reload`);
  if (unit === undefined)
    return steps.length > 0
      ? { kind: 'steps', steps }
      : { kind: 'failed', says: 'there is nothing to do: name a unit' };
  const status = statusOf(found);
  if (status['LoadState'] === undefined) return { kind: 'failed', says: `systemd does not answer for ${unit}` };
  // a unit that was just written is not there before systemd has read it
  const unknown = status['LoadState'] === 'not-found' && !args.daemon_reload;
  if (unknown && (args.masked === undefined || args.state !== undefined || args.enabled !== undefined))
    return { kind: 'failed', says: `there is no unit ${unit}` };
  const before = steps.length;
  const masked = status['LoadState'] === 'masked';
  if (args.masked !== undefined && args.masked !== masked)
    add(`${args.masked ? 'mask' : 'unmask'} ${unit}`, sh`${systemctl} ${args.masked ? 'mask' : 'unmask'} -- ${unit}`);
  if (args.enabled !== undefined && args.enabled !== isEnabled(found)) {
    const verb = args.enabled ? 'enable' : 'disable';
    add(`${verb} ${unit}`, sh`${systemctl} ${verb} -- ${unit}`);
  }
  const verb = verbFor(args.state, status['ActiveState'] ?? '');
  if (verb !== undefined) add(`${verb} ${unit}`, sh`${systemctl} ${verb} -- ${unit}`);
  if (steps.length === before && before === 0) {
    return { kind: 'nothing', reason: `${unit} is as it should be`, values: valuesOf(args, found) };
  }
  return { kind: 'steps', steps };
}

function isEnabled(found: Answers): boolean {
  return ['enabled', 'enabled-runtime', 'static', 'indirect', 'alias', 'generated', 'transient'].includes(
    (found.get('enabled') ?? '').trim(),
  );
}

/** What systemctl has to be told; undefined: the unit does it already. */
function verbFor(state: Arguments['state'], active: string): string | undefined {
  const runs = active === 'active' || active === 'activating' || active === 'reloading';
  switch (state) {
    case undefined:
      return undefined;
    case 'started':
      return runs ? undefined : 'start';
    case 'stopped':
      return runs || active === 'deactivating' ? 'stop' : undefined;
    case 'restarted':
      return 'restart';
    case 'reloaded':
      return runs ? 'reload' : 'start';
  }
}

function statusOf(found: Answers): Readonly<Record<string, string>> {
  const pairs = (found.get('show') ?? '').split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  return Object.fromEntries(pairs);
}

function valuesOf(args: Arguments, found: Answers): ValueMap {
  const unit = unitOf(args);
  const { state } = args;
  return {
    name: unit ?? null,
    status: statusOf(found),
    ...(args.enabled === undefined ? {} : { enabled: args.enabled }),
    ...(state === undefined ? {} : { state: state === 'stopped' ? 'stopped' : 'started' }),
  };
}
