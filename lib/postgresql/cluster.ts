/** A PostgreSQL cluster as found on a database host, Debian layout. */
export interface Cluster {
  readonly kind: 'cluster';
  /** Major version: `15`, `9.6`. */
  readonly version: string;
  /** Exact server version: `15.18`. */
  readonly minor: string;
  readonly name: string;
  readonly port: number;
  /** The operating-system user that owns the data directory. */
  readonly owner: string;
  readonly group: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  readonly binDirectory: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly hbaFile: string;
  readonly identFile: string;
  /** `postgresql@15-main.service`. */
  readonly unit: string;
  /** Debian's start.conf: `auto`, `manual`, `disabled`. */
  readonly start: string;
  readonly systemIdentifier: string;
  /** The bootstrap superuser (OID 10): `pg_upgrade -U`, `initdb -U`. */
  readonly installUser: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** `libc`, `icu`, `builtin`. */
  readonly localeProvider: string;
  readonly icuLocale: string | undefined;
  readonly icuRules: string | undefined;
  readonly checksums: boolean;
  /** Bytes. */
  readonly walSegmentSize: number;
  /** Where pg_wal points when it is a link. */
  readonly walDirectory: string | undefined;
  readonly groupAccess: boolean;
  /** Bytes of the whole data directory. */
  readonly size: number;
  readonly databases: readonly Database[];
}

/** A database of the old cluster, templates included. */
export interface Database {
  readonly name: string;
  readonly owner: string;
  /** Bytes. */
  readonly size: number;
  readonly encoding: string;
  readonly template: boolean;
  readonly allowsConnections: boolean;
}

/** The cluster that will be made: everything that the plan fixes before anything exists. */
export interface NewCluster {
  readonly kind: 'new-cluster';
  readonly version: string;
  readonly name: string;
  readonly port: number;
  readonly owner: string;
  readonly group: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  readonly binDirectory: string;
  readonly unit: string;
  /** The port that only pgup and the migrating process know, until the marker. */
  readonly closedPort: number;
  /** The 0700 socket directory that it has until the marker. */
  readonly closedSocketDirectory: string;
}
