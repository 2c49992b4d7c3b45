import { readFileSync } from 'node:fs';
import type { Decision, Learned, Module, ModuleContext } from '../../../lib/modules/module.ts';
import { serverModules } from '../../../lib/modules/server/server-modules.ts';
import type { Upgrade } from '../../../lib/modules/upgrade.ts';
import { parseControlData } from '../../../lib/postgresql/control-data.ts';
import { answers } from '../../../lib/shell/answers.ts';
import type { Result } from '../../../lib/shell/host-shell.ts';
import { judge, scene } from '../survey/fixtures.ts';

/**
 * What every module of the flow read on real hosts (PostgreSQL 15.18 to 17.11, Nautobot 3.2.7), taken at the start of
 * each play of one upgrade that was held still for it.
 */
export const STATES = [
  'fresh',
  'prepared',
  'quiet',
  'stopped',
  'backed-up',
  'upgraded',
  'closed',
  'migrated',
  'open',
  'serving',
  'end',
] as const;
export type State = (typeof STATES)[number];

export interface Moment {
  readonly run: string;
  /** `host module` → what the host printed. */
  readonly facts: ReadonlyMap<string, string>;
}

const moments = new Map<State, Moment>();
const upgrades = new Map<string, Upgrade>();

export function moment(state: State): Moment {
  const known = moments.get(state);
  if (known) return known;
  const [head = '', ...sections] = readFileSync(`test/data/server/${state}.txt`, 'utf8').split(/^@/m).slice(1);
  const facts = sections.map((section): [string, string] => {
    const end = section.indexOf('\n');
    return [section.slice(0, end), section.slice(end + 1)];
  });
  const read = { run: head.replace(/^run /, '').trim(), facts: new Map(facts) };
  moments.set(state, read);
  return read;
}

/** The upgrade that the survey found on the same hosts. */
export function upgrade(run: string): Upgrade {
  const known = upgrades.get(run) ?? planned(run);
  upgrades.set(run, known);
  return known;
}

function planned(run: string): Upgrade {
  const of = scene();
  of.run = run;
  const decision = judge(of);
  const { learned } = decision as { readonly learned?: Learned };
  const found = learned?.shared?.['upgrade'];
  if (found === undefined) throw new Error(`no upgrade: ${JSON.stringify(decision)}`);
  return JSON.parse(JSON.stringify(found)) as Upgrade;
}

export function exited(code: number, stdout = '', stderr = ''): Result {
  return { ending: { kind: 'exited', code }, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
}

export function moduleNamed(name: string): Module {
  const module = serverModules.find((each) => each.name === name);
  if (!module) throw new Error(`no module is called ${name}`);
  return module;
}

export interface Question {
  readonly module: string;
  readonly host?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly state: State;
  readonly upgrade?: Upgrade;
  /** Changes what the host printed. */
  readonly facts?: (text: string) => string;
  readonly learned?: Readonly<Record<string, unknown>>;
  readonly learnedOfApp1?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

/** What a module decides on a host in a state of the upgrade. */
export function decide({ module: name, host = 'db1', state, facts = (text) => text, ...given }: Question): Decision {
  const module = moduleNamed(name);
  const { run, facts: known } = moment(state);
  const context: ModuleContext = {
    host,
    check: false,
    diff: false,
    run: given.run ?? run,
    arguments: module.schema.parse(given.arguments ?? {}),
    shared: { upgrade: given.upgrade ?? upgrade(run) },
    learned: (of) => (of === 'db1' ? (given.learned ?? learnedAt(state)) : (given.learnedOfApp1 ?? {})),
    variable: () => undefined,
    scope: { lookup: () => undefined, names: () => [] },
    controller: undefined as never,
    now: Date.UTC(2026, 10, 23),
    deployment: { name: 'demo', hosts: ['app1', 'db1'], applications: ['app1'], databases: ['db1'] },
  };
  const [first] = Object.values(given.arguments ?? {});
  const key = `${host} ${[name, ...(typeof first === 'string' ? [first] : [])].join('-')}`;
  const printed = known.get(key);
  const query = module.read?.(context);
  if (query && printed === undefined) throw new Error(`${key} was not taken in state ${state}`);
  return module.decide(context, query && exited(0, facts(printed ?? '')));
}

/** What earlier tasks have learned by then: the new identifier, and a fingerprint that is settled by the stop. */
export function learnedAt(state: State): Readonly<Record<string, unknown>> {
  const at = STATES.indexOf(state);
  const facts = moment(state).facts.get('db1 pg_upgrade');
  const is = answers(exited(0, facts));
  const newSystemIdentifier = parseControlData(is.get('new-control') ?? '')?.systemIdentifier;
  const nextXid = parseControlData(is.get('old-control') ?? '')?.nextXid;
  const fingerprint = { kind: 'fingerprint', hash: 'abc', rows: 3, entries: { 'nautobot public.t': '3:1:1' }, nextXid };
  return {
    ...(at >= STATES.indexOf('prepared') ? { newSystemIdentifier } : {}),
    ...(at >= STATES.indexOf('stopped') ? { fingerprint } : {}),
  };
}

/** A decision in one word, for tables. */
export function told(decision: Decision): string {
  switch (decision.kind) {
    case 'steps':
      return 'steps';
    case 'findings':
      return decision.findings.map(({ check }) => check).join(' ');
    default:
      return decision.kind;
  }
}
