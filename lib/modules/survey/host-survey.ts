import { findHealth, type FoundHealth } from '../../nautobot/survey/health.ts';
import { parseServer, type ServerAnswer } from '../../nautobot/survey/server.ts';
import { parseUnits, type UnitFacts } from '../../nautobot/survey/units.ts';
import { clusterListError, parseClusters, type ClusterFacts } from '../../postgresql/survey/cluster.ts';
import { parseHost, type HostFacts } from '../../postgresql/survey/host.ts';
import { parsePackages, type PackageFacts } from '../../postgresql/survey/package.ts';
import { parsePlaces, type Place } from '../../postgresql/survey/place.ts';
import { parseSections } from '../../shell/sections.ts';

/** Everything that one survey of a host found. Kept in the journal: survives JSON, holds no secret. */
export interface HostSurvey {
  readonly kind: 'survey';
  readonly host: HostFacts;
  /** Where pgup's own state goes. */
  readonly state: Place | undefined;
  readonly clusters: readonly ClusterFacts[];
  /** What `pg_lsclusters` said where it failed. */
  readonly clusterError: string | undefined;
  /** Undefined where the host is no database host. */
  readonly packages: PackageFacts | undefined;
  readonly units: readonly UnitFacts[];
  /** Undefined where no unit of the host runs Nautobot, or the host is no application host. */
  readonly server: ServerAnswer | undefined;
  /** Where the health page answers, as far as the host's configuration tells. */
  readonly health: FoundHealth | undefined;
}

/** Reads the output of the survey script; undefined where the script did not come to its end. */
export function parseSurvey(output: Uint8Array): HostSurvey | undefined {
  const { sections, complete } = parseSections(output);
  if (!complete) return undefined;
  const server = parseServer(sections);
  const settings = server?.settings.kind === 'answer' ? server.settings.value : undefined;
  return Object.freeze({
    kind: 'survey',
    host: parseHost(sections),
    state: parsePlaces(sections, '-').find(({ label }) => label === 'state'),
    clusters: parseClusters(sections),
    clusterError: clusterListError(sections),
    packages: parsePackages(sections),
    units: parseUnits(sections),
    server,
    health: findHealth(sections, settings?.health ?? '/health/', settings?.hosts ?? []),
  });
}
