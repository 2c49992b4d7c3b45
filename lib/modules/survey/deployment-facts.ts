import type { SettingsFacts } from '../../nautobot/survey/server.ts';
import type { ClusterFacts } from '../../postgresql/survey/cluster.ts';
import type { ModuleContext } from '../module.ts';
import type { PgupVariables } from '../variable-table.ts';
import type { HostSurvey } from './host-survey.ts';
import { learnedHost } from './survey-host.ts';

/** A host of the deployment with its survey. */
export interface SurveyedHost {
  readonly name: string;
  readonly survey: HostSurvey;
  readonly variables: PgupVariables;
  readonly isApplication: boolean;
  readonly isDatabase: boolean;
}

/** All that was learned about one deployment. */
export interface DeploymentFacts {
  readonly name: string;
  readonly run: string;
  /** Milliseconds since the epoch, the controller's. */
  readonly now: number;
  readonly hosts: readonly SurveyedHost[];
  readonly applications: readonly SurveyedHost[];
  readonly databases: readonly SurveyedHost[];
  /** Hosts without a survey, and why. */
  readonly unknown: readonly { readonly name: string; readonly why: string }[];
  readonly refusedVariables: readonly { readonly host: string; readonly name: string; readonly text: string }[];
  /** The variables that the whole deployment shares: the database host's. */
  readonly variables: PgupVariables | undefined;
}

export function deploymentFacts(context: ModuleContext): DeploymentFacts {
  const { deployment, run, now } = context;
  const learned = deployment.hosts.map((name) => ({ name, learned: learnedHost(context, name) }));
  const hosts = learned.flatMap(({ name, learned: known }): readonly SurveyedHost[] =>
    known?.survey
      ? [
          Object.freeze({
            name,
            survey: known.survey,
            variables: known.variables,
            isApplication: deployment.applications.includes(name),
            isDatabase: deployment.databases.includes(name),
          }),
        ]
      : [],
  );
  const databases = hosts.filter(({ isDatabase }) => isDatabase);
  return Object.freeze({
    name: deployment.name,
    run,
    now,
    hosts,
    applications: hosts.filter(({ isApplication }) => isApplication),
    databases,
    unknown: learned.flatMap(({ name, learned: known }) =>
      known?.survey ? [] : [{ name, why: known?.surveyError ?? 'it was not surveyed' }],
    ),
    refusedVariables: learned.flatMap(({ name, learned: known }) =>
      (known?.refusedVariables ?? []).map((each) => ({ host: name, ...each })),
    ),
    variables: databases[0]?.variables,
  });
}

/** Nautobot's settings on a host, where it told them. */
export function settingsOf({ survey }: SurveyedHost): SettingsFacts | undefined {
  return survey.server?.settings.kind === 'answer' ? survey.server.settings.value : undefined;
}

/** A cluster and the host that it is on. */
export interface PlacedCluster {
  readonly host: SurveyedHost;
  readonly cluster: ClusterFacts;
}

export function allClusters({ databases }: DeploymentFacts): readonly PlacedCluster[] {
  return databases.flatMap((host) => host.survey.clusters.map((cluster) => ({ host, cluster })));
}
