import type { ModuleCatalogue } from '../playbook/catalogue.ts';
import type { Module } from './module.ts';
import { gatherFacts } from './generic/gather-facts.ts';
import { genericModules } from './generic/generic-modules.ts';
import { catalogueOf } from './playbook-catalogue.ts';
import { claim, release } from './run/claim.ts';
import { serverModules } from './server/server-modules.ts';
import { surveyDeployment } from './survey/survey-deployment.ts';
import { surveyHost } from './survey/survey-host.ts';

/** Every module there is. A task names one of these, or is refused before any host is touched. */
const ALL = [
  surveyHost,
  surveyDeployment,
  claim,
  release,
  ...serverModules,
  ...genericModules,
] as unknown as readonly Module[];

const named: ReadonlyMap<string, Module> = new Map(ALL.map((module) => [module.name, module]));

/** The modules as playbooks see them: names and arguments. */
export const moduleCatalogue: ModuleCatalogue = catalogueOf(named);

/** What the engine can do: also what it does by itself before a play. */
export const modules: ReadonlyMap<string, Module> = new Map([...named, [gatherFacts.name, gatherFacts]]);
