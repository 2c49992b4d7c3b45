import { z } from 'zod';
import { finding, type Finding } from '../../finding.ts';
import { checkHost } from '../../postgresql/checks/host.ts';
import { checkManagers } from '../../postgresql/checks/managers.ts';
import { clusterName } from '../../postgresql/checks/subject.ts';
import type { Decision, Module } from '../module.ts';
import { checkApplications } from './application-checks.ts';
import { checkCluster } from './database-checks.ts';
import { deploymentFacts, type DeploymentFacts } from './deployment-facts.ts';
import { servingCluster, type Serving } from './serving.ts';
import { describeUpgrade, planUpgrade } from './upgrade-plan.ts';

const argumentsSchema = z.strictObject({});

/** Judges what `survey_host` learned: all that stands in the way, of all hosts, at once; or the upgrade, frozen. */
export const surveyDeployment: Module<z.output<typeof argumentsSchema>> = {
  name: 'survey_deployment',
  summary: 'Find what stands in the way of the upgrade on any host of the deployment, or fix what the upgrade is.',
  schema: argumentsSchema,
  scope: 'deployment',
  generic: false,
  decide: (context) => judgeDeployment(deploymentFacts(context)),
};

function judgeDeployment(facts: DeploymentFacts): Decision {
  const held = checkState(facts);
  // Whatever else is found there is the other run's doing, and nothing to mend; nor is anything finished, whatever serves
  // Nautobot now.
  if (held.length > 0) return { kind: 'findings', findings: held };
  const serving = servingCluster(facts);
  const there = thereAlready(facts, serving);
  if (there) return { kind: 'finished', reason: saysThere(there) };
  const findings = [
    ...checkInput(facts),
    ...facts.hosts.flatMap(({ name, survey, isDatabase }) => [
      ...checkHost(name, survey.host, isDatabase, facts.now),
      ...checkManagers(name, survey.host.processes),
    ]),
    ...serving.findings,
    ...checkClusterLists(facts),
    ...checkApplications(facts),
    ...(serving.kind === 'serving' ? checkCluster(facts, serving) : []),
  ];
  const blocked = findings.some(({ weight }) => weight === 'blocks');
  if (serving.kind === 'unknown' || !facts.variables || blocked)
    // without a cluster nothing may go on, even where everybody is silent about why
    return { kind: 'findings', findings: blocked ? findings : [...findings, nothingFound(facts)] };
  const upgrade = planUpgrade(facts, serving, facts.variables);
  return {
    kind: 'nothing',
    reason: describeUpgrade(upgrade),
    learned: { shared: { upgrade, windowLimit: upgrade.maxDowntime } },
    notices: findings,
  };
}

type Found = Extract<Serving, { kind: 'serving' }>;

function thereAlready({ variables, unknown }: DeploymentFacts, serving: Serving): Found | undefined {
  if (unknown.length > 0 || serving.kind !== 'serving' || serving.findings.length > 0) return undefined;
  return serving.cluster.version === variables?.target ? serving : undefined;
}

function saysThere({ cluster, host }: Found): string {
  const minor = cluster.server.kind === 'answer' ? ` (${cluster.server.value.version.split(' ')[0] ?? ''})` : '';
  return `PostgreSQL ${cluster.version} serves Nautobot already: ${clusterName(cluster)} on ${host.name}${minor}`;
}

function checkInput({ refusedVariables, unknown, databases, name }: DeploymentFacts): readonly Finding[] {
  const variables = new Map(
    refusedVariables.map((each) => [
      `${each.name} ${each.text}`,
      finding(each.host, 'variable', `${each.name}: ${each.text}`),
    ]),
  );
  const none =
    databases.length === 0 && unknown.length === 0
      ? [finding(name, 'database-host', `deployment ${name} has no host in the group postgresql`)]
      : [];
  return [...variables.values(), ...unknown.map((each) => finding(each.name, 'survey', each.why)), ...none];
}

function checkClusterLists({ databases }: DeploymentFacts): readonly Finding[] {
  return databases.flatMap(({ name, survey }) => {
    const { clusterError, host } = survey;
    return clusterError === undefined || !host.tools.includes('pg_lsclusters')
      ? []
      : [finding(name, 'layout', `pg_lsclusters does not tell which clusters there are: ${clusterError}`)];
  });
}

/** Another run that holds a host, or one that was left half way (docs/state.md). */
function checkState({ hosts, run }: DeploymentFacts): readonly Finding[] {
  return hosts.flatMap(({ name, survey }) => {
    const { claim = '', marker } = survey.host.state;
    const [, state, , holder = '', owner = ''] = claim.trim().split(' ').map(decodeWord);
    if (holder === run) return [];
    if (state === 'held')
      return [
        finding(
          name,
          'held',
          `run ${holder} of ${owner} holds the host`,
          `wait for it, or take it up: pgup resume ${holder}`,
        ),
      ];
    return marker === undefined
      ? []
      : [finding(name, 'held', 'an upgrade passed its point of no return here and is not finished', 'pgup resume')];
  });
}

/** The words of a claim are percent-encoded. */
function decodeWord(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

function nothingFound({ name }: DeploymentFacts): Finding {
  return finding(
    name,
    'old-cluster',
    'which cluster serves Nautobot could not be found out',
    'pgup_old_cluster=VERSION/NAME',
  );
}
