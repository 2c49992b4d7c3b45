import { finding, notice, type Finding } from '../../finding.ts';
import type { PackageFacts } from '../survey/package.ts';
import { someOf } from './subject.ts';

/** What installing the target beside the old version would meet. */
export function checkPackages(host: string, target: string, packages: PackageFacts): readonly Finding[] {
  const { broken, simulation } = packages;
  if (broken.length > 0)
    return [
      finding(
        host,
        'package-broken',
        `packages are half installed (${someOf(broken)}): nothing can be installed before they are mended`,
        'dpkg --configure -a && apt-get -f install',
      ),
    ];
  switch (simulation.kind) {
    case 'refusal':
      return [checkRefusal(host, target, packages, simulation.text)];
    case 'simulation':
      return [...checkRemovals(host, target, packages), ...checkTouched(host, target, packages)];
  }
}

function checkRefusal(host: string, target: string, { candidates, refreshError }: PackageFacts, said: string): Finding {
  const name = `postgresql-${target}`;
  return candidates[name] === undefined
    ? finding(
        host,
        'package-unavailable',
        `no repository that the host knows has ${name}${refreshError === undefined ? '' : ` (${refreshError})`}`,
        'add one that does (https://wiki.postgresql.org/wiki/Apt), then apt-get update',
      )
    : finding(host, 'package-install', `apt-get cannot install ${name}: ${said}`, `apt-get -s install ${name}`);
}

function actionsOf({ simulation }: PackageFacts, kind: 'upgrade' | 'remove') {
  return simulation.kind === 'simulation' ? simulation.actions.filter((each) => each.kind === kind) : [];
}

function checkRemovals(host: string, target: string, packages: PackageFacts): readonly Finding[] {
  const removed = actionsOf(packages, 'remove').map((each) => each.package);
  if (removed.length === 0) return [];
  return [
    finding(
      host,
      'package-removed',
      `installing postgresql-${target} would remove ${someOf(removed)}`,
      `apt-get -s install postgresql-${target} shows why; a repository made for this release of the system does not`,
    ),
  ];
}

/** A service that has a file mapped which is replaced is restarted by its package, or fails later on its own. */
function checkTouched(host: string, target: string, packages: PackageFacts): readonly Finding[] {
  const services = packages.touched.filter(({ unit }) => /\.service$|^init\.scope$/.test(unit));
  const touched = new Set(services.map((each) => each.package));
  const upgrades = actionsOf(packages, 'upgrade');
  const quiet = upgrades.filter((each) => !touched.has(each.package));
  const say = ({ package: name, from, to }: (typeof upgrades)[number]): string => `${name} ${from ?? ''} → ${to ?? ''}`;
  return [
    ...upgrades
      .filter((each) => touched.has(each.package))
      .map((each) => {
        const units = services.filter((service) => service.package === each.package).map(({ unit }) => unit);
        return finding(
          host,
          'package-touches-service',
          `installing postgresql-${target} would replace ${say(each)} under running services: ${someOf([...new Set(units)])}`,
          `upgrade it beforehand, when these services may restart: apt-get install --only-upgrade ${each.package}`,
        );
      }),
    ...(quiet.length === 0
      ? []
      : [
          notice(
            host,
            'package-upgrade',
            `installing postgresql-${target} also upgrades ${someOf(quiet.map(say))}; no running service uses their files`,
          ),
        ]),
  ];
}
