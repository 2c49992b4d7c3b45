import { Fault } from './fault.ts';
import type { Given } from './call.ts';
import { isList, isMap, kindOf, mapOf, type Item } from './items.ts';
import { numeric } from './numbers.ts';
import { keyOf } from './compare.ts';

const LONGEST_RANGE = 1_000_000;

function refused(name: string, instead: string): (given: Given) => Item {
  return () => {
    throw new Fault(`pgup has no "${name}()": ${instead}`);
  };
}

/** The functions that an expression may call by name. The rest of Ansible's reach beyond the expression: refused. */
export const FUNCTIONS: ReadonlyMap<string, (given: Given) => Item> = new Map([
  ['range', range],
  ['dict', dict],
  ['lookup', refused('lookup', 'set the value with -e, in group_vars, or read it with a task and "register"')],
  ['query', refused('query', 'set the value with -e, in group_vars, or read it with a task and "register"')],
  ['q', refused('q', 'set the value with -e, in group_vars, or read it with a task and "register"')],
  ['now', refused('now', 'a plan must not depend on the hour; run "date" in a task and "register" it')],
  ['namespace', refused('namespace', 'expressions keep no state')],
  ['undef', refused('undef', 'use the filter "mandatory"')],
]);

function range({ positional, named }: Given): Item {
  if (named.size > 0) throw new Fault('"range" takes no named arguments');
  const bounds = positional.map((item) => {
    const number = numeric(item);
    if (number?.kind !== 'integer') throw new Fault(`"range" needs integers, not ${kindOf(item)}`);
    return Number(number.value);
  });
  const [one, two, step = 1] = bounds;
  if (one === undefined || bounds.length > 3)
    throw new Fault(`"range" takes one to three integers, not ${positional.length}`);
  if (step === 0) throw new Fault('the step of "range" cannot be zero');
  const [first, last] = two === undefined ? [0, one] : [one, two];
  const length = Math.max(0, Math.ceil((last - first) / step));
  if (length > LONGEST_RANGE) throw new Fault(`"range" would have ${length} items`);
  return Object.freeze(Array.from({ length }, (_, index) => first + index * step));
}

function dict({ positional, named }: Given): Item {
  const [first, more] = positional;
  if (more !== undefined) throw new Fault('"dict" takes one list or mapping, and names');
  const entries: [string, Item][] = [];
  if (first !== undefined && isMap(first)) entries.push(...Object.entries(first));
  else if (first !== undefined) {
    for (const pair of isList(first) ? first : []) {
      const [key, item] = isList(pair) ? pair : [];
      const name = key === undefined ? undefined : keyOf(key);
      if (name === undefined || item === undefined) throw new Fault('"dict" needs a list of [key, value] pairs');
      entries.push([name, item]);
    }
    if (!isList(first)) throw new Fault(`"dict" needs a list of [key, value] pairs, not ${kindOf(first)}`);
  }
  return mapOf([...entries, ...named]);
}
