import { z } from 'zod';
import { raw, sh } from '../../shell/sh.ts';
import type { Result } from '../../shell/host-shell.ts';
import type { PgupVariables } from '../variable-table.ts';
import { variablesOf } from '../variables.ts';
import type { Module, ModuleContext } from '../module.ts';
import { parseSurvey, type HostSurvey } from './host-survey.ts';
import { SURVEY_SCRIPT } from './survey-script.ts';

/** What `survey_host` leaves in `learned(host)`. */
export interface LearnedHost {
  readonly survey?: HostSurvey;
  /** Why there is no survey, in words. */
  readonly surveyError?: string;
  readonly variables: PgupVariables;
  readonly refusedVariables: readonly { readonly name: string; readonly text: string }[];
}

/**
 * Nautobot's start takes 4 s, apt's simulation 2 s, each more where the host is busy; what hangs is ended by the script
 * itself. Only a survey that lost its line is given up by this.
 */
const DEADLINE = 300_000;

const argumentsSchema = z.strictObject({});

/** Asks a host everything that the upgrade depends on, in one round trip. Judges nothing: `survey_deployment` does. */
export const surveyHost: Module<z.output<typeof argumentsSchema>> = {
  name: 'survey_host',
  summary: 'Ask a host about its PostgreSQL clusters, Nautobot, packages and space. Changes nothing.',
  schema: argumentsSchema,
  scope: 'host',
  generic: false,

  read(context) {
    const { variables } = variablesOf(context);
    const isOf = (group: readonly string[]): string => (group.includes(context.host) ? 'yes' : 'no');
    return {
      kind: 'query',
      command: sh`(
TARGET=${variables.target}
DATABASE=${isOf(context.deployment.databases)}
APPLICATION=${isOf(context.deployment.applications)}
BACKUP_DIR=${variables.backupDirectory ?? ''}
ADMIN_USER=${variables.adminUser ?? ''}
NAUTOBOT_ROOT_GIVEN=${variables.nautobotRoot ?? ''}
${raw(SURVEY_SCRIPT)}
)`,
      deadline: DEADLINE,
    };
  },

  decide(context, facts) {
    const learned = learnHost(context, facts);
    const reason = learned.survey ? saysWhat(learned.survey) : (learned.surveyError ?? '');
    return { kind: 'nothing', reason, learned: { host: { ...learned } } };
  },
};

function learnHost(context: ModuleContext, facts: Result | undefined): LearnedHost {
  const { variables, refused: refusedVariables } = variablesOf(context);
  const survey = facts && parseSurvey(facts.stdout);
  if (survey) return { survey, variables, refusedVariables };
  return { surveyError: facts ? brokenOff(facts) : 'the host was not asked', variables, refusedVariables };
}

/** The survey of a host, or undefined where there is none. */
export function learnedHost(context: ModuleContext, host: string): LearnedHost | undefined {
  const learned = context.learned(host) as Partial<LearnedHost>;
  return learned.variables ? (learned as LearnedHost) : undefined;
}

function brokenOff({ ending, stderr, stdout }: Result): string {
  const said = stderr.toString('utf8').trim().split('\n').slice(-2).join(' · ').slice(0, 400);
  const how =
    ending.kind === 'exited'
      ? `exit code ${ending.code}`
      : ending.kind === 'signalled'
        ? `signal ${ending.signal}`
        : ending.reason;
  return `the survey broke off after ${stdout.length} bytes (${how})${said ? `: ${said}` : ''}`;
}

function saysWhat({ host, clusters, units }: HostSurvey): string {
  const parts = [
    ...clusters.map(({ version, name, status }) => `${version}/${name} ${status}`),
    ...units.map(({ name, active }) => `${name} ${active}`),
  ];
  return `${host.os} ${host.release}: ${parts.join(', ') || 'neither PostgreSQL nor Nautobot'}`;
}
