import pLimit from 'p-limit';
import { Events, type AnyEvent } from '../lib/events.ts';
import type { AdHoc } from '../lib/run/ad-hoc/each-host.ts';
import type { CliContext } from './context.ts';
import { openDiagnostics } from './diagnostics.ts';
import { becomeUserOf, selectHosts } from './hosts.ts';
import { openLines } from './lines.ts';
import { jsonRenderer } from './render/json.ts';
import { resolveSettings } from './settings.ts';
import { askSecret } from './vault-password.ts';
import type { Settings } from './options.ts';

/** Draws for people; made when the hosts are known. */
export interface AdHocRenderer {
  readonly hear: (event: AnyEvent) => void;
  readonly end: () => void;
}

export interface AdHocVerb {
  readonly pattern: string;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly context: CliContext;
  readonly renderer: (hosts: readonly string[], context: CliContext) => AdHocRenderer;
  readonly work: (adHoc: AdHoc, tools: { readonly events: Events; readonly settings: Settings }) => Promise<number>;
  /** Asks for no password: nothing is connected. */
  readonly offline?: boolean;
}

/** Selects hosts, works on them, draws what comes, and gives the exit code. */
export async function runAdHoc(verb: AdHocVerb): Promise<number> {
  const { pattern, flags, context, work } = verb;
  const settings = resolveSettings(flags, context);
  const { hosts, connections } = await selectHosts({ pattern, settings, context });
  const asks = settings.askBecomePass && verb.offline !== true;
  const becomePassword = asks
    ? await askSecret({ question: 'Become password', flag: '--ask-become-pass', context })
    : undefined;
  const events = new Events(context.now);
  const renderer = settings.output === 'json' ? jsonLines(context) : verb.renderer(hosts, context);
  events.subscribe(renderer.hear);
  const diagnostics = settings.logFile === undefined ? undefined : await openDiagnostics(settings.logFile);
  if (diagnostics) events.subscribe(diagnostics.subscriber);
  const lines = openLines({ settings, connections, becomePassword, context, events });
  const stop = new AbortController();
  // Once: begin nothing more. Twice: let go; what runs on the hosts goes on, and is told as unknown.
  const endInterrupts = context.onInterrupt(() => {
    if (stop.signal.aborted) void lines.close();
    stop.abort();
  });
  try {
    const becomes = (host: string): string | undefined => {
      const connection = connections.get(host);
      return connection && becomeUserOf(connection, settings);
    };
    const adHoc: AdHoc = {
      hosts,
      openShell: (host) => lines.shell({ host, become: becomes(host), method: settings.becomeMethod }),
      becomes,
      fork: pLimit(settings.forks),
      now: context.now,
      stop: stop.signal,
    };
    const exitCode = await work(adHoc, { events, settings });
    return stop.signal.aborted ? 130 : exitCode;
  } finally {
    endInterrupts();
    renderer.end();
    await lines.close();
    await diagnostics?.close();
  }
}

/** One object a host, and nothing else. */
function jsonLines(context: CliContext): AdHocRenderer {
  const print = jsonRenderer(context);
  return {
    hear: (event) => {
      if (event.type.endsWith(':host')) print(event);
    },
    end: () => undefined,
  };
}
