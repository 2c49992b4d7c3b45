import { dirname, join, normalize } from 'node:path';
import { problem, ProblemsError, type Problem } from '../errors.ts';
import type { Inventory, Variables } from '../inventory/inventory.ts';
import { readVariablesFile } from '../inventory/variables-file.ts';
import type { Vault } from '../inventory/vault.ts';
import { isConstant, render } from './expressions.ts';
import type { Play, Playbook, Template } from './playbook.ts';
import { layerOfTemplates, layerOfVariables, makeScope } from './scope.ts';

interface VarsFiles {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  /** What the playbook's path, and so those of the files beside it, are relative to. */
  readonly cwd: string;
  readonly vault: Vault;
}

export interface WithVarsFiles {
  readonly playbook: Playbook;
  readonly problems: readonly Problem[];
}

/**
 * The playbook with the variables of `vars_files` among those of its plays, where they are stronger than `vars`. The
 * files are read before anything is connected: their names may be made of `-e` and of what the play defines itself.
 */
export function loadVarsFiles(options: VarsFiles): WithVarsFiles {
  const problems: Problem[] = [];
  const plays = options.playbook.plays.map((play) => loadOf(play, options, problems));
  return { playbook: Object.freeze({ ...options.playbook, plays: Object.freeze(plays) }), problems };
}

function loadOf(play: Play, options: VarsFiles, problems: Problem[]): Play {
  const { keywords } = play;
  if (keywords.varsFiles.length === 0) return play;
  const { playbook, inventory, cwd, vault } = options;
  let vars = keywords.vars;
  for (const each of keywords.varsFiles) {
    const scope = makeScope({ layers: [layerOfVariables(inventory.extra), layerOfTemplates(vars)] });
    const name = nameOf(each, () => render(each, scope), problems);
    if (name === undefined) continue;
    const file = name.startsWith('/') ? name : normalize(join(dirname(playbook.file), name));
    const read = readVariablesFile({ file, cwd, vault });
    // a file that is not there has no place of its own: the place is where it is asked for
    problems.push(...read.problems.map((found) => (found.at ? found : Object.freeze({ ...found, at: each.at }))));
    vars = new Map([...vars, ...templatesOf(read.variables)]);
  }
  return Object.freeze({ ...play, keywords: Object.freeze({ ...keywords, vars, varsFiles: [] }) });
}

function nameOf(template: Template, rendered: () => unknown, problems: Problem[]): string | undefined {
  try {
    const name = rendered();
    if (typeof name === 'string') return name;
    problems.push(problem('playbook-syntax', '"vars_files" takes names of files', template.at));
  } catch (thrown) {
    if (!(thrown instanceof ProblemsError)) throw thrown;
    const why = thrown.problems.map((each) => each.text).join('; ');
    const text = `the name of a file in "vars_files" is made of "-e" and of what the play defines, before any host is known: ${why}`;
    problems.push(problem(thrown.code, text, template.at));
  }
  return undefined;
}

function templatesOf(variables: Variables): readonly (readonly [string, Template])[] {
  return [...variables.values()].map(({ name, value, at }) => [
    name,
    Object.freeze({ kind: 'template', source: value, constant: isConstant(value), at }),
  ]);
}
