import { filter, type Arguments, type Filter, type Table } from '../call.ts';
import { isTrue } from '../compare.ts';
import { Fault } from '../fault.ts';
import { Missing, type Item } from '../items.ts';

/** Filters that apply other filters and tests to every item. */
export const selectFilters: Table<Filter> = {
  map: filter('* **', (input, given) => {
    const items = given.items(input);
    const [first, ...rest] = given.rest;
    if (first === undefined) {
      const attribute = given.names.get('attribute');
      const unknown = [...given.names.keys()].find((name) => name !== 'attribute' && name !== 'default');
      if (unknown !== undefined) throw new Fault(`has no argument "${unknown}"`);
      if (attribute === undefined) throw new Fault('needs the name of a filter, or "attribute"');
      const otherwise = given.names.get('default');
      return items.map((each) => {
        const found = given.context.attribute(each, attribute);
        return found instanceof Missing && otherwise !== undefined ? otherwise : found;
      });
    }
    const name = given.text(first, 'the name of a filter');
    return items.map((each) => given.context.filter(name, each, { positional: rest, named: given.names }));
  }),
  select: filter('* **', (input, given) => chosen(input, given, given.rest, (item) => item, true)),
  reject: filter('* **', (input, given) => chosen(input, given, given.rest, (item) => item, false)),
  selectattr: filter('attribute * **', (input, given) =>
    chosen(input, given, given.rest, (item) => given.context.attribute(item, given.item('attribute')), true),
  ),
  rejectattr: filter('attribute * **', (input, given) =>
    chosen(input, given, given.rest, (item) => given.context.attribute(item, given.item('attribute')), false),
  ),
};

/** The items of which a test, or without one their truth, is as wanted. */
function chosen(
  input: Item,
  given: Arguments,
  [first, ...rest]: readonly Item[],
  look: (item: Item) => Item,
  wanted: boolean,
): readonly Item[] {
  const name = first === undefined ? undefined : given.text(first, 'the name of a test');
  return given.items(input).filter((item) => {
    const value = look(item);
    const holds =
      name === undefined ? isTrue(value) : given.context.test(name, value, { positional: rest, named: given.names });
    return holds === wanted;
  });
}
