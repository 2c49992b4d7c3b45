export type UnitRole = 'web' | 'worker' | 'scheduler';

/** A systemd unit that runs Nautobot, with the state that is to be restored exactly. */
export interface Unit {
  readonly kind: 'unit';
  readonly name: string;
  readonly role: UnitRole;
  /** `systemctl is-enabled`'s word. */
  readonly enabled: string;
  readonly active: boolean;
}

/** Nautobot as found on one application host. */
export interface Application {
  readonly kind: 'application';
  readonly host: string;
  /** NAUTOBOT_ROOT. */
  readonly root: string;
  readonly user: string;
  readonly group: string;
  /** Absolute path of `nautobot-server`. */
  readonly server: string;
  /** `--config-path` of the units, where they give one. */
  readonly config: string | undefined;
  /** `Environment=` and `EnvironmentFile=` of the web unit, as names of files and harmless values. */
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly string[];
  readonly version: string;
  readonly units: readonly Unit[];
  readonly database: DatabaseSettings;
  /** Names of migrations that are not applied: `app.0001_initial`. */
  readonly pendingMigrations: readonly string[];
  /** Where the host answers `/health/`. */
  readonly health: HealthAddress | undefined;
  /** Every address of the host. */
  readonly addresses: readonly string[];
}

/** Nautobot's `DATABASES['default']`, without the password, which never leaves the host. */
export interface DatabaseSettings {
  readonly engine: string;
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** How the host itself reaches its web server. */
export interface HealthAddress {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The Host header. */
  readonly hostHeader: string;
  /** True where the web server speaks TLS there, as Nautobot's documented nginx does. */
  readonly tls: boolean;
}
