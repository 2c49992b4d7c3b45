import { z } from 'zod';
import type { ValueMap } from '../inventory/inventory.ts';
import { didYouMean } from '../nearest.ts';
import type { ArgumentIssue, ModuleCatalogue } from '../playbook/catalogue.ts';
import type { Module } from './module.ts';
import { claim, release } from './run/claim.ts';
import { serverModules } from './server/server-modules.ts';
import { surveyDeployment } from './survey/survey-deployment.ts';
import { surveyHost } from './survey/survey-host.ts';

/** Every module there is. A task names one of these, or is refused before any host is touched. */
const ALL = [surveyHost, surveyDeployment, claim, release, ...serverModules] as unknown as readonly Module[];

export const modules: ReadonlyMap<string, Module> = new Map(ALL.map((module) => [module.name, module]));

/** The modules as playbooks see them: names and arguments. */
export const moduleCatalogue: ModuleCatalogue = {
  has: (name) => modules.has(name),
  names: () => modules.keys(),
  freeForm: (name) => modules.get(name)?.freeForm,
  argumentsOf: (name) => argumentNames(modules.get(name)),
  validate: (name, args) => argumentIssues(modules.get(name), args),
};

function argumentNames(module: Module | undefined): readonly string[] {
  if (!module) return [];
  const { properties } = z.toJSONSchema(module.schema, { io: 'input', unrepresentable: 'any' });
  return Object.keys(properties ?? {});
}

function argumentIssues(module: Module | undefined, args: ValueMap): readonly ArgumentIssue[] {
  const parsed = module?.schema.safeParse(args);
  if (!parsed || parsed.success) return [];
  return parsed.error.issues.flatMap((issue): readonly ArgumentIssue[] => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ path, text: issue.message.toLowerCase() }];
    return issue.keys.map((key) => ({
      path: [...path, key],
      text: `there is no argument "${key}"${didYouMean(key, argumentNames(module))}`,
      key: true,
    }));
  });
}
