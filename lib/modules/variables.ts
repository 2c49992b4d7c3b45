import { problem, type Position, type Problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { Secret } from '../secret.ts';
import type { Deployment, Inventory, Value, Variable } from '../inventory/inventory.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { isReading, VARIABLES, type PgupVariables, type Reading, type VariableSpec } from './variable-table.ts';
import type { ModuleContext } from './module.ts';

/** The variables of the module's host. What has a value that cannot be used is left at its default and told in `refused`. */
export function variablesOf(context: Pick<ModuleContext, 'variable'>): {
  readonly variables: PgupVariables;
  readonly refused: readonly { readonly name: string; readonly text: string }[];
} {
  const refused: { name: string; text: string }[] = [];
  const entries = Object.entries<VariableSpec<unknown>>(VARIABLES).map(([key, spec]) => {
    const reading = readVariable(spec, context.variable(spec.name));
    if (isReading(reading)) return [key, reading.value];
    refused.push({ name: spec.name, text: reading.refused });
    return [key, spec.fallback];
  });
  return { variables: Object.freeze(Object.fromEntries(entries)) as PgupVariables, refused };
}

/**
 * Everything wrong with the pgup_* variables of the inventory, before any host is touched. Values that hold an
 * expression are judged when they are rendered, in play Check.
 */
export function checkVariables(
  inventory: Inventory,
  deployments: readonly Deployment[],
  flavour: Playbook['flavour'],
): readonly Problem[] {
  const problems = new Map<string, Problem>();
  const report = (found: Problem): void => {
    problems.set(`${place(found.at)} ${found.text}`, found);
  };
  for (const holder of [...inventory.groups.values(), ...inventory.hosts.values()])
    for (const variable of holder.variables.values()) checkVariable(variable).forEach(report);
  if (flavour === 'upgrade')
    for (const deployment of deployments) checkDeployment(inventory, deployment).forEach(report);
  return [...problems.values()];
}

const specs: readonly VariableSpec<unknown>[] = Object.values(VARIABLES);
const byName = new Map(specs.map((spec) => [spec.name, spec]));

function checkVariable({ name, value, at }: Variable): readonly Problem[] {
  if (!name.startsWith('pgup_')) return [];
  const spec = byName.get(name);
  if (!spec)
    return [problem('unknown-variable', `there is no variable "${name}"${didYouMean(name, byName.keys())}`, at)];
  const reading = readVariable(spec, value);
  return isReading(reading) ? [] : [problem('variable-value', `${name}: ${reading.refused}`, at)];
}

/** Required variables, and one value over all hosts where a deployment can only have one. */
function checkDeployment(inventory: Inventory, deployment: Deployment): readonly Problem[] {
  const found: Problem[] = [];
  for (const spec of specs.filter((each) => each.scope === 'deployment')) {
    const set = deployment.hosts.flatMap((name) => {
      const variable = inventory.hosts.get(name)?.variables.get(spec.name);
      return variable ? [{ host: name, variable }] : [];
    });
    const [first] = set;
    const other = set.find(({ variable }) => first && plain(variable.value) !== plain(first.variable.value));
    if (first && other)
      found.push(
        problem(
          'variable-value',
          `${spec.name} is ${plain(other.variable.value)} on ${other.host} and ${plain(first.variable.value)} on ` +
            `${first.host}: all hosts of deployment "${deployment.name}" need the same`,
          other.variable.at,
        ),
      );
    const database = deployment.databases[0];
    if (!spec.required || database === undefined || set.some(({ host }) => host === database)) continue;
    const at = inventory.hosts.get(database)?.at;
    found.push(
      problem(
        'variable-missing',
        `${spec.name} is not set for ${database} (deployment "${deployment.name}"): ${spec.missing ?? spec.summary}`,
        at,
      ),
    );
  }
  return found;
}

/** A value that still holds an expression cannot be judged yet: it reads as the default. */
function readVariable<Type>(spec: VariableSpec<Type>, value: Value | undefined): Reading<Type> {
  if (value === undefined || value === null) return { value: spec.fallback };
  if (value instanceof Secret) return { refused: 'it is no secret: write it in the clear' };
  if (typeof value === 'string' && /\{[{%]/.test(value)) return { value: spec.fallback };
  return spec.read(value);
}

function plain(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value, (_, each: unknown) => printable(each));
}

function printable(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function place(at: Position | undefined): string {
  return at ? `${at.file}:${at.line}:${at.column}` : '';
}
