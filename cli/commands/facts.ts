import type { Argv, CommandModule } from 'yargs';
import { AD_HOC_OPTIONS } from '../ad-hoc-options.ts';
import type { CliContext } from '../context.ts';

interface FactsFlags {
  readonly pattern?: string;
  readonly path?: readonly string[];
  readonly tool?: readonly string[];
  readonly package?: readonly string[];
}

/** `pgup facts -i INVENTORY [PATTERN]` */
export function factsCommand(
  context: CliContext,
  finish: (exitCode: number) => void,
): CommandModule<object, FactsFlags> {
  return {
    command: 'facts [pattern]',
    describe: 'what is true of hosts: system, memory, space, clock, tools, clusters, packages',
    builder: (parser: Argv) =>
      parser.positional('pattern', { type: 'string', describe: 'which hosts (all)' }).options({
        ...AD_HOC_OPTIONS,
        path: { type: 'string', array: true, describe: 'whose file system; may be given again (/)' },
        tool: { type: 'string', array: true, describe: 'a program to look for; may be given again' },
        package: { type: 'string', array: true, describe: 'a package to look for; may be given again' },
      }) as unknown as Argv<FactsFlags>,
    handler: async (flags) => {
      const [{ runAdHoc }, { factsOfHosts }, { factsQuery }, { factsRenderer }] = await Promise.all([
        import('../ad-hoc.ts'),
        import('../../lib/run/ad-hoc/facts.ts'),
        import('../../lib/modules/facts/facts.ts'),
        import('../render/facts.ts'),
      ]);
      const { path: paths, tool: tools, package: packages } = flags;
      // Made once before anything is connected, so that what is wrong with it is said then.
      factsQuery({ paths, tools, packages });
      const exitCode = await runAdHoc({
        pattern: flags.pattern ?? 'all',
        flags: flags,
        context,
        renderer: factsRenderer,
        work: (adHoc, { events }) => factsOfHosts(adHoc, { paths, tools, packages }, events),
      });
      finish(exitCode);
    },
  };
}
