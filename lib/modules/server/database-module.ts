import type { z } from 'zod';
import type { Query, Result } from '../../shell/host-shell.ts';
import type { Decision, Module, ModuleContext } from '../module.ts';
import { upgradeOf, type Upgrade } from '../upgrade.ts';

/** A module of the server flow: it works on a known upgrade. */
interface FlowModule<Arguments> {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType<Arguments>;
}

interface DatabaseModule<Arguments> extends FlowModule<Arguments> {
  read?(upgrade: Upgrade, context: ModuleContext<Arguments>): Query | undefined;
  decide(upgrade: Upgrade, context: ModuleContext<Arguments>, facts: Result | undefined): Decision;
}

/** A module that works on the database host and has nothing to do on any other. */
export function databaseModule<Arguments>(module: DatabaseModule<Arguments>): Module<Arguments> {
  return {
    ...named(module),
    read: (context) => {
      const upgrade = upgradeOf(context);
      return context.host === upgrade.databaseHost ? module.read?.(upgrade, context) : undefined;
    },
    decide: (context, facts) => {
      const upgrade = upgradeOf(context);
      if (context.host !== upgrade.databaseHost) {
        return { kind: 'elsewhere', reason: `${upgrade.databaseHost} is the database host` };
      }
      return module.decide(upgrade, context, facts);
    },
  };
}

/** What every module of the flow has in common. */
export function named<Arguments>({
  name,
  summary,
  schema,
}: FlowModule<Arguments>): Pick<Module<Arguments>, 'name' | 'summary' | 'schema' | 'scope' | 'generic'> {
  return { name, summary, schema, scope: 'host', generic: false };
}
