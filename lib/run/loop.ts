import { asPgupError, PgupError, ProblemsError } from '../errors.ts';
import type { Value, ValueMap } from '../inventory/inventory.ts';
import { condition, render } from '../playbook/expressions.ts';
import type { Template } from '../playbook/playbook.ts';
import { hostScope } from './host-scope.ts';
import { runItem, type HostTask } from './host-task.ts';
import { isBad, outcome, type HostOutcome } from './outcome.ts';

/**
 * The task for each item of its list, in turn. As in Ansible an item that fails does not keep the others from being
 * done, and `when` is asked for each; in an upgrade the first failure ends the task.
 */
export async function runLoop(work: HostTask, loop: Template): Promise<HostOutcome> {
  const { task, engine } = work;
  const items = itemsOf(work, loop);
  if ('status' in items) return items;
  const results: HostOutcome[] = [];
  for (const [index, item] of items.list.entries()) {
    const named: [string, Value][] = [
      [task.loopVar, item],
      ['ansible_loop_var', task.loopVar],
    ];
    if (task.indexVar !== undefined) named.push([task.indexVar, index], ['ansible_index_var', task.indexVar]);
    const before = results.at(-1);
    const known: [string, Value][] = before && task.register !== undefined ? [[task.register, before.values]] : [];
    const one = await runItem({ ...work, extra: new Map([...work.extra, ...known, ...named]) });
    results.push({ ...one, values: { ...one.values, ...Object.fromEntries(named) } });
    const gone = one.status === 'unreachable' || one.status === 'unknown';
    if (gone || (isBad(one) && engine.flavour === 'upgrade')) break;
  }
  return summed(results);
}

/** The list; or, where it cannot be made, what that means: nothing, if the task is not meant for the host anyway. */
function itemsOf(work: HostTask, loop: Template): { readonly list: readonly Value[] } | HostOutcome {
  const scope = hostScope(work);
  let list: Value;
  try {
    list = render(loop, scope);
  } catch (thrown) {
    const refused = work.task.when.find((each) => isFalse(() => condition([each], scope)));
    if (!refused) throw thrown;
    const skipped: ValueMap = {
      changed: false,
      skipped: true,
      skip_reason: 'Conditional result was False',
      false_condition: refused.text,
    };
    return { ...outcome('skipped', `not so: ${refused.text}`), values: skipped };
  }
  if (!Array.isArray(list)) throw new PgupError('expression', `loop needs a list, and got ${JSON.stringify(list)}`);
  if (list.length === 0) {
    const values: ValueMap = { changed: false, skipped: true, skipped_reason: 'No items in the list', results: [] };
    return { ...outcome('skipped', 'nothing to loop over'), values };
  }
  return { list: list as readonly Value[] };
}

function isFalse(ask: () => boolean): boolean {
  try {
    return !ask();
  } catch (thrown) {
    if (thrown instanceof ProblemsError) return false;
    throw asPgupError(thrown);
  }
}

/** What the items came to together. */
function summed(results: readonly HostOutcome[]): HostOutcome {
  const some = (...statuses: readonly HostOutcome['status'][]): HostOutcome | undefined =>
    results.find((one) => statuses.includes(one.status));
  const worst = some('unknown', 'unreachable') ?? some('failed') ?? some('ignored');
  const best = some('would-change') ?? some('changed') ?? some('ok');
  const status = worst?.status ?? best?.status ?? 'skipped';
  const failed = results.some((one) => one.values['failed'] === true);
  const unreachable = results.some((one) => one.values['unreachable'] === true);
  const skipped = results.every((one) => one.values['skipped'] === true);
  const changed = results.some((one) => one.values['changed'] === true);
  const msg = failed ? 'One or more items failed' : skipped ? 'All items skipped' : 'All items completed';
  const values: ValueMap = {
    changed,
    skipped,
    msg,
    ...(failed ? { failed } : {}),
    ...(unreachable ? { unreachable } : {}),
    results: results.map((one) => one.values),
  };
  return {
    ...outcome(status, worst?.says ?? saysOf(results)),
    ...(worst?.error && status !== 'ignored' ? { error: worst.error } : {}),
    ...(results.some((one) => one.hidden) ? { hidden: true } : {}),
    steps: results.flatMap((one) => one.steps),
    findings: results.flatMap((one) => one.findings),
    ...(results.some((one) => one.diffs) ? { diffs: results.flatMap((one) => one.diffs ?? []) } : {}),
    variables: Object.assign({}, ...results.map((one) => one.variables ?? {})) as ValueMap,
    values,
  };
}

function saysOf(results: readonly HostOutcome[]): string {
  const said = [...new Set(results.filter((one) => one.status !== 'skipped').map((one) => one.says))];
  return said.length > 3 ? `${results.length} items: ${said.slice(0, 3).join('; ')}; …` : said.join('; ');
}
