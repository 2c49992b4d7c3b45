import type { Application } from '../../nautobot/application.ts';
import type { Query, Result } from '../../shell/host-shell.ts';
import type { Decision, Module, ModuleContext } from '../module.ts';
import { upgradeOf, type Upgrade } from '../upgrade.ts';
import { named } from './database-module.ts';

/** Nautobot on the host that is decided about, and the upgrade that it is part of. */
export interface Here {
  readonly application: Application;
  readonly upgrade: Upgrade;
}

interface ApplicationModule<Arguments> extends Pick<Module<Arguments>, 'name' | 'summary' | 'schema'> {
  read?(here: Here, context: ModuleContext<Arguments>): Query | undefined;
  decide(here: Here, context: ModuleContext<Arguments>, facts: Result | undefined): Decision;
}

/** A module that works on every host that runs Nautobot and has nothing to do on any other. */
export function applicationModule<Arguments>(module: ApplicationModule<Arguments>): Module<Arguments> {
  return {
    ...named(module),
    read: (context) => {
      const here = hereOf(context);
      return here && module.read?.(here, context);
    },
    decide: (context, facts) => {
      const here = hereOf(context);
      return here ? module.decide(here, context, facts) : { kind: 'elsewhere', reason: 'no Nautobot runs here' };
    },
  };
}

function hereOf(context: ModuleContext): Here | undefined {
  const upgrade = upgradeOf(context);
  const application = upgrade.applications.find(({ host }) => host === context.host);
  return application && { application, upgrade };
}
