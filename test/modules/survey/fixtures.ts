import { readFileSync } from 'node:fs';
import type { Value } from '../../../lib/inventory/inventory.ts';
import type { Decision, Finding, ModuleContext } from '../../../lib/modules/module.ts';
import { parseSurvey, type HostSurvey } from '../../../lib/modules/survey/host-survey.ts';
import { surveyDeployment } from '../../../lib/modules/survey/survey-deployment.ts';
import type { LearnedHost } from '../../../lib/modules/survey/survey-host.ts';
import { variablesOf } from '../../../lib/modules/variables.ts';
import type { SettingsFacts } from '../../../lib/nautobot/survey/server.ts';
import type { ClusterFacts } from '../../../lib/postgresql/survey/cluster.ts';
import type { DatabaseFacts } from '../../../lib/postgresql/survey/database.ts';
import type { ServerFacts } from '../../../lib/postgresql/survey/server.ts';

/** What the survey script printed on a real host: Nautobot 3.2.7 on app1, PostgreSQL 15.18 on db1. */
export function surveyOutput(name: string): Buffer {
  return readFileSync(`test/data/surveys/${name}.txt`);
}

export type Draft<Type> = Type extends readonly (infer Item)[]
  ? Draft<Item>[]
  : Type extends object
    ? { -readonly [Key in keyof Type]: Draft<Type[Key]> }
    : Type;

/** A survey that a test may change. */
export function survey(name: string): Draft<HostSurvey> {
  const parsed = parseSurvey(surveyOutput(name));
  if (!parsed) throw new Error(`${name} is no complete survey`);
  return structuredClone(parsed) as Draft<HostSurvey>;
}

export interface Scene {
  readonly app1: Draft<HostSurvey>;
  readonly db1: Draft<HostSurvey>;
  readonly variables: Record<string, Value>;
  /** More hosts, by name: application hosts where the name says so. */
  readonly others: Record<string, Draft<HostSurvey>>;
  run: string;
}

/** A deployment in which nothing stands in the way. */
export function scene(app1 = 'app1', db1 = 'db1'): Scene {
  const hosts = { app1: survey(app1), db1: survey(db1) };
  // the fixtures were taken minutes apart
  hosts.app1.host.clock = hosts.db1.host.clock;
  return { ...hosts, variables: { pgup_target: '17' }, others: {}, run: '20261123-020304-abcd' };
}

export function judge({ app1, db1, variables, others, run }: Scene): Decision {
  const surveys: Record<string, HostSurvey | undefined> = { app1, db1, ...others };
  const variable = (name: string): Value | undefined => variables[name];
  const { variables: typed, refused } = variablesOf({ variable });
  const hosts = Object.keys(surveys);
  const learned = (host: string): Readonly<Record<string, unknown>> => {
    const known = surveys[host];
    const all: LearnedHost = { ...(known ? { survey: known } : {}), variables: typed, refusedVariables: refused };
    // what is learned goes through the journal
    return JSON.parse(JSON.stringify(all)) as Record<string, unknown>;
  };
  const context = {
    host: 'app1',
    arguments: {},
    variable,
    deployment: {
      name: 'demo',
      hosts,
      applications: hosts.filter((host) => host.startsWith('app')),
      databases: hosts.filter((host) => host.startsWith('db')),
    },
    run,
    learned,
    shared: {},
    now: (db1.host.clock ?? 0) * 1000,
  } as unknown as ModuleContext<Record<string, never>>;
  return surveyDeployment.decide(context, undefined);
}

export function findingsOf(decision: Decision): readonly Finding[] {
  switch (decision.kind) {
    case 'findings':
      return decision.findings;
    case 'nothing':
      return decision.notices ?? [];
    case 'elsewhere':
    case 'steps':
    case 'failed':
    case 'finished':
      return [];
  }
}

/** The cluster that serves Nautobot, on the scene's database host. */
export function cluster({ db1 }: Scene): Draft<ClusterFacts> {
  const [first] = db1.clusters;
  if (!first) throw new Error('db1 has no cluster');
  return first;
}

export function server(of: Scene): Draft<ServerFacts> {
  const answer = cluster(of).server;
  if (answer.kind === 'refusal') throw new Error(answer.text);
  return answer.value;
}

/** What is in Nautobot's database. */
export function contents(of: Scene): Draft<DatabaseFacts> {
  const oid = server(of).databases.find(({ name }) => name === 'nautobot')?.oid;
  const answer = cluster(of).databases[String(oid)];
  if (answer?.kind !== 'answer') throw new Error('nautobot was not read');
  return answer.value;
}

export function settings({ app1 }: Scene): Draft<SettingsFacts> {
  const answer = app1.server?.settings;
  if (answer?.kind !== 'answer') throw new Error('app1 did not answer');
  return answer.value;
}
