import { Secret } from '../../secret.ts';
import { Fault } from './fault.ts';
import { isList, kindOf, type Item } from './items.ts';

/** The item at an index, counted from the end where negative; undefined where there is none. */
export function pick(of: Item, index: number): Item | undefined {
  if (isList(of)) return of[index < 0 ? of.length + index : index];
  if (typeof of !== 'string') return undefined;
  const characters = Array.from(of);
  return characters[index < 0 ? characters.length + index : index];
}

/** Python's slice: bounds clipped, negative ones from the end, a negative step backwards. */
export function slice(of: Item, from: number | undefined, to: number | undefined, step = 1): Item {
  if (step === 0) throw new Fault('the step of a slice cannot be zero');
  if (of instanceof Secret) throw new Fault('a secret cannot be sliced');
  if (typeof of === 'string') return slicedItems(Array.from(of), from, to, step).join('');
  if (!isList(of)) throw new Fault(`${kindOf(of)} cannot be sliced`);
  return Object.freeze(slicedItems(of, from, to, step));
}

function slicedItems<Each>(
  items: readonly Each[],
  from: number | undefined,
  to: number | undefined,
  step: number,
): Each[] {
  const [lowest, highest] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const clip = (bound: number): number => Math.min(highest, Math.max(lowest, bound < 0 ? bound + items.length : bound));
  const first = from === undefined ? (step > 0 ? lowest : highest) : clip(from);
  const last = to === undefined ? (step > 0 ? highest : lowest) : clip(to);
  const picked: Each[] = [];
  for (let index = first; step > 0 ? index < last : index > last; index += step) {
    picked.push(...items.slice(index, index + 1));
  }
  return picked;
}
