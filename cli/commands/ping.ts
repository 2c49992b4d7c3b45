import type { Argv, CommandModule } from 'yargs';
import { AD_HOC_OPTIONS } from '../ad-hoc-options.ts';
import type { CliContext } from '../context.ts';

interface PingFlags {
  readonly pattern?: string;
}

/** `pgup ping -i INVENTORY [PATTERN]` */
export function pingCommand(context: CliContext, finish: (exitCode: number) => void): CommandModule<object, PingFlags> {
  return {
    command: 'ping [pattern]',
    describe: 'see whether hosts can be reached, logged in to, and their user become',
    builder: (parser: Argv) =>
      parser
        .positional('pattern', { type: 'string', describe: 'which hosts (all)' })
        .options(AD_HOC_OPTIONS)
        .example('$0 ping -i prod.ini --become', 'everything that a run needs first') as unknown as Argv<PingFlags>,
    handler: async (flags) => {
      const [{ runAdHoc }, { pingHosts }, { pingRenderer }] = await Promise.all([
        import('../ad-hoc.ts'),
        import('../../lib/run/ad-hoc/ping.ts'),
        import('../render/ping.ts'),
      ]);
      const exitCode = await runAdHoc({
        pattern: flags.pattern ?? 'all',
        flags: flags,
        context,
        renderer: pingRenderer,
        work: (adHoc, { events }) => pingHosts(adHoc, events),
      });
      finish(exitCode);
    },
  };
}
