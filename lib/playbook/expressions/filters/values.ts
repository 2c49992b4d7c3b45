import { filter, type Filter, type Table } from '../call.ts';
import { isTrue } from '../compare.ts';
import { Fault } from '../fault.ts';
import { kindOf, Missing } from '../items.ts';
import { compareVersions } from '../version.ts';

const otherwise: Filter = filter(
  'default_value? boolean?',
  (input, given) => {
    const missing = input instanceof Missing || (given.flag('boolean') && !isTrue(input));
    return missing ? (given.get('default_value') ?? '') : input;
  },
  true,
);

/** Filters about what a value is. */
export const valueFilters: Table<Filter> = {
  default: otherwise,
  d: otherwise,
  mandatory: filter(
    'msg?',
    (input, given) => {
      if (!(input instanceof Missing)) return input;
      throw new Fault(given.string('msg') ?? `finds no value: ${input.reason}`);
    },
    true,
  ),
  ternary: filter('true_val false_val none_val?', (input, given) => {
    const none = given.get('none_val');
    if (input === null && none !== undefined && none !== null) return none;
    return isTrue(input) ? given.item('true_val') : given.item('false_val');
  }),
  version: filter('version operator? strict? version_type?', (input, given) => compareVersions(input, given)),
  type_debug: filter('', (input) => kindOf(input).replace(/^an? /, '')),
};
