import { ProblemsError, PgupError } from '../lib/errors.ts';
import type { Events } from '../lib/events.ts';
import { connectionsOf, type Connection } from '../lib/inventory/connection.ts';
import type { Inventory } from '../lib/inventory/inventory.ts';
import { openHostShell } from '../lib/shell/open-host-shell.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';
import { ShellPool } from './shell-pool.ts';
import { targetOf } from './targets.ts';
import { ssh2Transport } from '../lib/transport/ssh2-transport.ts';

interface LinesOptions {
  readonly settings: Settings;
  readonly inventory: Inventory;
  readonly context: CliContext;
  readonly events: Events;
}

/** The lines to all hosts of an inventory, each opened when it is first needed. */
export function openLines({ settings, inventory, context, events }: LinesOptions): ShellPool {
  const { connections, problems } = connectionsOf({ hosts: inventory.hosts.values() });
  if (problems.some((each) => each.severity === 'error')) throw new ProblemsError(problems);
  const transport = ssh2Transport();
  return new ShellPool(async (host, become) => {
    const connection = connections.get(host);
    if (!connection) throw new PgupError('internal', `no host is called ${host}`);
    const target = targetOf({ connection, settings, context });
    if (target.transport !== 'ssh2') {
      throw new PgupError('transport', `ansible_connection=${target.transport} cannot be used in this version`, {
        host,
        next: 'reach the host with ssh2, the default',
      });
    }
    return openHostShell({
      target,
      transport,
      ...becomeOf({ connection, become, login: target.user }),
      surroundings: become === 'root' ? 'neutral' : 'login',
      reconnectDeadline: settings.reconnectTimeout,
      onLine: (event) => {
        events.emit('line', event);
      },
    });
  });
}

/** Nobody becomes who they are: a root login needs no sudo, and the host need not have it. */
function becomeOf({
  connection,
  become,
  login,
}: {
  connection: Connection;
  become: string | undefined;
  login: string;
}) {
  if (become === undefined || become === login) return {};
  const { method, password } = connection.become;
  return {
    become: {
      kind: 'become' as const,
      user: become,
      method: method ?? ('sudo' as const),
      ...(password ? { password } : {}),
    },
  };
}
