import { dirname } from 'node:path/posix';
import type { NewCluster } from './cluster.ts';

/** What pgup keeps on a host: root's, survives a reboot (docs/state.md). */
export const STATE = '/var/lib/pgup';

/** While this file lies there, the units of Nautobot cannot be started. */
export const HOLD_NAUTOBOT = `${STATE}/hold/nautobot`;
/** While this file lies there, the old cluster's unit cannot be started. */
export const HOLD_POSTGRESQL = `${STATE}/hold/postgresql`;

/** Names the run that saw no cluster of this version and name before it made one. */
export const NEW_CLUSTER_INTENT = `${STATE}/new-cluster.intent`;
/** The system identifier of the cluster that pgup made, the only one that it may drop; then the run that made it. */
export const NEW_CLUSTER_RECEIPT = `${STATE}/new-cluster`;

/** Where the package step keeps what it changed, to put it back. */
export const PACKAGES = `${STATE}/packages`;

/** Files of a run that the owner of the data directory works with. */
export interface WorkPaths {
  /** 0700, the owner's, beside the new data directory: it survives a reboot, and /var/lib/pgup is root's alone. */
  readonly directory: string;
  /** Access rules that let in nobody but the owner. */
  readonly ownerHba: string;
  readonly ownerIdent: string;
  /** The same, and the migrating process. */
  readonly closedHba: string;
  readonly closedIdent: string;
  /** The old cluster's postgresql.auto.conf, converted: what comes into force when the doors open. */
  readonly carriedAutoConf: string;
  /** What the new data directory holds beside what initdb makes: the closed postgresql.auto.conf, certificates. */
  readonly dataFiles: string;
  /** The hash of what was carried over last. */
  readonly carried: string;
  /** pg_upgrade's working directory. */
  readonly upgrade: string;
  /** Lies there from the moment that pg_upgrade may have written into the new cluster. */
  readonly begun: string;
  /** Written by the job that upgraded, as its last act. */
  readonly upgraded: string;
  /** Of servers that we start for a moment. */
  readonly serverLog: string;
  /** Socket directory for a migrating process on the same host that knows no other way. */
  readonly applicationSockets: string;
}

export function workPaths({ dataDirectory, name, closedSocketDirectory }: NewCluster): WorkPaths {
  const directory = `${dirname(dataDirectory)}/pgup-${name}`;
  return Object.freeze({
    directory,
    ownerHba: `${directory}/owner.hba`,
    ownerIdent: `${directory}/owner.ident`,
    closedHba: `${directory}/closed.hba`,
    closedIdent: `${directory}/closed.ident`,
    carriedAutoConf: `${directory}/carried.auto.conf`,
    carried: `${directory}/carried`,
    dataFiles: `${directory}/data-files`,
    upgrade: `${directory}/upgrade`,
    begun: `${directory}/begun`,
    upgraded: `${directory}/upgraded`,
    serverLog: `${directory}/server.log`,
    applicationSockets: `${closedSocketDirectory}-nautobot`,
  });
}
