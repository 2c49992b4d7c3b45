import { problem, type Position, type Problem } from '../errors.ts';
import type { Variable } from './inventory.ts';
import { strip } from './python-text.ts';
import { hideSecret } from './secret-names.ts';
import { splitAssignments } from './assignments.ts';
import { readVariables, readVariablesFile, type VariablesRead } from './variables-file.ts';
import type { Vault } from './vault.ts';

export interface ExtraOptions {
  /** The `-e` arguments as typed. */
  readonly extraVars: readonly string[];
  readonly cwd: string;
  readonly vault: Vault;
}

/** What messages call the command line's `-e`. */
const FILE = '-e';

/** `-e name=value`, `-e @file`, `-e '{"name": 1}'`; of several that set a name the last one counts. */
export function readExtraVars({ extraVars, cwd, vault }: ExtraOptions): VariablesRead {
  const variables = new Map<string, Variable>();
  const problems: Problem[] = [];
  for (const argument of extraVars) {
    const read = readArgument(argument, { cwd, vault });
    for (const [name, variable] of read.variables) variables.set(name, variable);
    problems.push(...read.problems);
  }
  return { variables, problems };
}

function readArgument(argument: string, { cwd, vault }: { cwd: string; vault: Vault }): VariablesRead {
  if (argument.startsWith('@')) return readVariablesFile({ file: argument.slice(1), cwd, vault, needed: true });
  if (/^[[{]/.test(argument)) return readVariables({ text: argument, file: FILE, vault });
  if (/^[/.]/.test(argument)) {
    const text = `"${argument}" looks like a file: put "@" before it`;
    return { variables: new Map(), problems: [problem('usage', text, place(0))] };
  }
  return readAssignments(argument);
}

/** Words of `name=value`. All values are text: `-e '{"n": 1}'` gives a number. */
function readAssignments(argument: string): VariablesRead {
  const variables = new Map<string, Variable>();
  const words = splitAssignments(argument);
  if (typeof words === 'string') return { variables, problems: [problem('usage', words, place(0))] };
  const problems: Problem[] = [];
  for (const { text, offset } of words) {
    const equals = equalsSign(text);
    if (equals < 0) {
      problems.push(problem('usage', `"${strip(text)}" is not name=value`, place(offset)));
      continue;
    }
    const name = strip(text.slice(0, equals));
    const value = unquote(strip(text.slice(equals + 1)));
    variables.set(name, Object.freeze({ name, value: hideSecret(name, value), at: place(offset) }));
  }
  return { variables, problems };
}

/** The first `=` that is neither first nor escaped. */
function equalsSign(text: string): number {
  const match = /[^\\]=/s.exec(text);
  return match ? match.index + 1 : -1;
}

function unquote(text: string): string {
  const quoted = text.length > 1 && /^["']/.test(text) && text.endsWith(text.charAt(0)) && text.at(-2) !== '\\';
  return quoted ? text.slice(1, -1) : text;
}

function place(offset: number): Position {
  return { file: FILE, line: 1, column: offset + 1 };
}
