import { PgupError } from '../lib/errors.ts';
import type { Events } from '../lib/events.ts';
import { BECOME_METHODS, type BecomeMethod } from '../lib/inventory/become-methods.ts';
import type { Connection } from '../lib/inventory/connection.ts';
import type { Secret } from '../lib/secret.ts';
import { openHostShell } from '../lib/shell/open-host-shell.ts';
import { resolveTarget } from '../lib/transport/resolve-target.ts';
import { SshConfigReader } from '../lib/transport/ssh-config.ts';
import { transports } from '../lib/transport/transports.ts';
import { askPerson } from './ask.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';
import { ShellPool } from './shell-pool.ts';

interface LinesOptions {
  readonly settings: Settings;
  readonly connections: ReadonlyMap<string, Connection>;
  /** What was typed for --ask-become-pass: for hosts whose variables give none. */
  readonly becomePassword: Secret | undefined;
  readonly context: CliContext;
  readonly events: Events;
}

/** The lines to all hosts of an inventory, each opened when it is first needed. */
export function openLines({ settings, connections, becomePassword, context, events }: LinesOptions): ShellPool {
  const { home, user, env } = context;
  const transport = transports({
    surroundings: { environment: env, node: context.node, temporaryFolder: context.temporaryFolder },
    home,
    ask: askPerson(context),
  });
  const reachContext = {
    home,
    user,
    agentSocket: env['SSH_AUTH_SOCK'],
    knownHostsFiles: settings.knownHosts === undefined ? undefined : [settings.knownHosts],
    config: new SshConfigReader({ home }),
  };
  return new ShellPool(async ({ host, become, user, method }) => {
    const connection = connections.get(host);
    if (!connection) throw new PgupError('internal', `no host is called ${host}`);
    const target = await resolveTarget(withSettings(connection, { ...settings, user }), reachContext);
    return openHostShell({
      target,
      transport,
      ...becomeOf({ connection, become, method, login: target.user, asked: becomePassword }),
      surroundings: become === 'root' ? 'neutral' : 'login',
      reconnectDeadline: settings.reconnectTimeout,
      onLine: (event) => {
        events.emit('line', event);
      },
    });
  });
}

/** What the command line says where the host's own variables do not. */
function withSettings(
  connection: Connection,
  {
    privateKey,
    hostKeyChecking,
    connectTimeout,
    user,
  }: Pick<Settings, 'privateKey' | 'hostKeyChecking' | 'connectTimeout'> & { user: string | undefined },
): Connection {
  const { ssh } = connection;
  return {
    ...connection,
    user: connection.user ?? user,
    privateKeyFile: connection.privateKeyFile ?? privateKey,
    timeout: connection.timeout ?? connectTimeout,
    ssh: { ...ssh, hostKeyChecking: ssh.hostKeyChecking ?? hostKeyChecking },
  };
}

interface BecomeOptions {
  readonly connection: Connection;
  readonly become: string | undefined;
  /** The playbook's word, where the inventory has none. */
  readonly method: string | undefined;
  readonly login: string;
  readonly asked: Secret | undefined;
}

/** Nobody becomes who they are: a root login needs no sudo, and the host need not have it. */
function becomeOf({ connection, become, method: wanted, login, asked }: BecomeOptions) {
  if (become === undefined || become === login) return {};
  const method = connection.become.method ?? wanted ?? 'sudo';
  if (!isBecomeMethod(method)) {
    throw new PgupError('become', `become_method is one of ${BECOME_METHODS.join(', ')}, not "${method}"`);
  }
  const password = connection.become.password ?? asked;
  const how = { kind: 'become', user: become, method } as const;
  return { become: { ...how, ...(password ? { password } : {}) } };
}

function isBecomeMethod(method: string): method is BecomeMethod {
  return BECOME_METHODS.some((each) => each === method);
}
