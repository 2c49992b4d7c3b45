import { finding, notice, type Finding } from '../../finding.ts';
import { checkSettings, checkStrays, checkUnitStates, isUp, roleOf } from '../../nautobot/checks.ts';
import { settingsOf, type DeploymentFacts, type SurveyedHost } from './deployment-facts.ts';

/** Everything about Nautobot, over all hosts of the deployment. */
export function checkApplications(facts: DeploymentFacts): readonly Finding[] {
  return [
    ...facts.applications.flatMap((host) => checkApplication(facts, host)),
    ...facts.hosts.filter(({ isApplication }) => !isApplication).flatMap(checkMisplaced),
    ...checkSchedulers(facts),
    ...checkHealth(facts),
  ];
}

function checkApplication({ variables }: DeploymentFacts, host: SurveyedHost): readonly Finding[] {
  const { name, survey } = host;
  const { units, server } = survey;
  if (units.length === 0 || !server)
    return [
      finding(
        name,
        'no-units',
        'the host is in the group nautobot, and no systemd unit on it runs nautobot-server',
        'name its units in /etc/systemd/system, or take the host out of the group',
      ),
    ];
  const strays = checkStrays(
    name,
    survey.host.processes,
    units.map((unit) => unit.name),
  );
  if (server.settings.kind === 'refusal')
    return [
      ...strays,
      finding(
        name,
        'nautobot-unreadable',
        `nautobot-server, run as ${server.user} with the environment of ${server.unit}, does not answer: ${server.settings.text}`,
        `sudo -u ${server.user} ${server.server} check`,
      ),
    ];
  const { target = '', migrate, drainTimeout = 0 } = variables ?? {};
  const policy = { target, migratePending: migrate === 'pending', drainTimeout };
  return [...strays, ...checkUnitStates(name, units), ...checkSettings(name, server.settings.value, policy)];
}

function checkMisplaced({ name, survey }: SurveyedHost): readonly Finding[] {
  const units = survey.units.filter((unit) => isUp(unit) || unit.enabled === 'enabled');
  if (units.length === 0) return [];
  return [
    finding(
      name,
      'misplaced-units',
      `units that run Nautobot are on a host that is not in the group nautobot: ${units.map((unit) => unit.name).join(', ')}`,
      'put the host into the group nautobot too: its units must be stopped like all others',
    ),
  ];
}

/** Two schedulers start every scheduled job twice; which of them is meant is not ours to say. */
function checkSchedulers({ applications }: DeploymentFacts): readonly Finding[] {
  const schedulers = applications.flatMap((host) =>
    host.survey.units
      .filter((unit) => isUp(unit) && roleOf(unit, host.survey.host.processes) === 'scheduler')
      .map((unit) => ({ host: host.name, unit: unit.name })),
  );
  const [, second] = schedulers;
  if (!second) return [];
  return [
    finding(
      second.host,
      'second-scheduler',
      `more than one scheduler runs in the deployment: ${schedulers.map(({ host, unit }) => `${unit} on ${host}`).join(', ')}; scheduled jobs start once for each`,
      'stop and disable all but one: systemctl disable --now UNIT',
    ),
  ];
}

/** The window closes with the first 200 of a health page: at least one web host must have one that is known. */
function checkHealth({ applications }: DeploymentFacts): readonly Finding[] {
  const web = applications.filter((host) =>
    host.survey.units.some((unit) => roleOf(unit, host.survey.host.processes) === 'web'),
  );
  const without = web.flatMap((host) => {
    const why = noHealth(host);
    return why === undefined ? [] : [{ host, why }];
  });
  const tell = without.length === web.length ? finding : notice;
  return without.map(({ host, why }) =>
    tell(
      host.name,
      'health-address',
      why,
      'pgup_health_url=http://127.0.0.1:PORT/health/, as the host itself reaches it',
    ),
  );
}

/** Why no health page is known of a web host; a host that did not answer at all is told of elsewhere. */
function noHealth(host: SurveyedHost): string | undefined {
  const settings = settingsOf(host);
  const { health } = host.survey;
  if (!settings || host.variables.healthUrl !== undefined) return undefined;
  if (!health)
    return "where Nautobot's health page answers could not be found, neither in nginx's configuration nor in uwsgi's";
  return settings.sslRedirect && !health.address.tls
    ? `Nautobot answers at port ${health.address.port} with a redirect to https (SECURE_SSL_REDIRECT), and no TLS port was found`
    : undefined;
}
