import { finding, notice, type Finding } from '../../finding.ts';
import { plainAddress } from '../../postgresql/survey/system.ts';
import type { ServerFacts, Session } from '../../postgresql/survey/server.ts';
import type { DeploymentFacts, SurveyedHost } from './deployment-facts.ts';
import { isLoopback } from './serving.ts';

interface Where {
  readonly databaseHost: SurveyedHost;
  /** Roles that Nautobot logs in as. */
  readonly roles: readonly string[];
}

/**
 * Sessions that stopping Nautobot would not end. From an address that no host of the deployment has: a stranger, who
 * is asked first, never cut off. From a known one but not Nautobot's: a notice, since it must be gone before the stop.
 */
export function checkSessions(facts: DeploymentFacts, server: ServerFacts, where: Where): readonly Finding[] {
  const kinds = server.sessions.map((session) => ({ session, kind: kindOf(session, facts, where) }));
  const group = (kind: Kind): readonly Session[] =>
    kinds.filter((each) => each.kind === kind).map(({ session }) => session);
  const { name } = where.databaseHost;
  return [
    ...describe(group('foreign')).map(({ who, pids }) =>
      finding(
        name,
        'foreign-session',
        `${who} is connected, from where no host of the deployment is: pgup does not cut strangers off`,
        `end it where it comes from (backend ${pids}), or put its host into the deployment`,
      ),
    ),
    ...describe(group('local')).map(({ who, pids }) =>
      finding(
        name,
        'local-session',
        `${who} is connected on the database host itself, and is not Nautobot`,
        `end it there, and what would start it again (backend ${pids})`,
      ),
    ),
    ...describe(group('other')).map(({ who }) =>
      notice(
        name,
        'other-session',
        `${who} is connected, and is not Nautobot: it must be gone before PostgreSQL is stopped`,
      ),
    ),
  ];
}

type Kind = 'nautobot' | 'other' | 'foreign' | 'local';

function kindOf({ address, role }: Session, facts: DeploymentFacts, { databaseHost, roles }: Where): Kind {
  const isNautobots = role !== null && roles.includes(role);
  const plain = address === null ? undefined : plainAddress(address);
  const isLocal = plain === undefined || isLoopback(plain) || databaseHost.survey.host.addresses.includes(plain);
  if (isLocal) return isNautobots && databaseHost.isApplication ? 'nautobot' : 'local';
  const known = facts.hosts.find(({ survey }) => survey.host.addresses.includes(plain));
  if (!known) return 'foreign';
  return isNautobots && known.isApplication ? 'nautobot' : 'other';
}

/** One line for all sessions of one client. */
function describe(sessions: readonly Session[]): readonly { readonly who: string; readonly pids: string }[] {
  const clients = new Map<string, number[]>();
  for (const { role, database, address, application, pid } of sessions) {
    const from = address === null ? 'the local socket' : plainAddress(address);
    const program = application === '' ? '' : ` (${application})`;
    const who = `role ${role ?? '?'}${program} in database ${database ?? '?'} from ${from}`;
    clients.set(who, [...(clients.get(who) ?? []), pid]);
  }
  return [...clients].map(([who, pids]) => ({
    who: pids.length === 1 ? who : `${who}, ${pids.length} sessions,`,
    pids: pids.slice(0, 5).join(', '),
  }));
}
