import { filter, type Arguments, type Filter, type Table } from '../call.ts';
import { Fault } from '../fault.ts';
import type { Item } from '../items.ts';
import { expandReplacement, groupOf, pythonRegex } from '../python-regex.ts';

function regexOf(given: Arguments, name: string, global: boolean): RegExp {
  return pythonRegex(given.written(given.item(name)), {
    ignoreCase: given.flag('ignorecase'),
    multiline: given.flag('multiline'),
    global,
  });
}

/** Regular expressions in Python's dialect. */
export const regexFilters: Table<Filter> = {
  regex_search: filter('regex * ignorecase? multiline?', (input, given) => {
    const match = regexOf(given, 'regex', false).exec(given.written(input));
    const wanted = given.rest.map((each) => given.text(each, 'a group'));
    if (!match) return null;
    if (wanted.length === 0) return match[0];
    return wanted.map((each) => {
      const [, name, number] = /^\\(?:g<(\S+)>|(\d+))$/.exec(each) ?? [];
      const group = name ?? number;
      if (group === undefined) throw new Fault(`cannot read the group "${each}": write '\\1' or '\\g<name>'`);
      return groupOf(match, group) ?? null;
    });
  }),
  regex_findall: filter('regex multiline? ignorecase?', (input, given) =>
    Array.from(given.written(input).matchAll(regexOf(given, 'regex', true)), (match): Item => {
      const groups = match.slice(1).map((each) => (each as string | undefined) ?? '');
      return groups.length === 0 ? match[0] : groups.length === 1 ? (groups[0] ?? '') : groups;
    }),
  ),
  regex_replace: filter('pattern? replacement? ignorecase? multiline? count? mandatory_count?', (input, given) => {
    const regex = pythonRegex(given.written(given.get('pattern') ?? ''), {
      ignoreCase: given.flag('ignorecase'),
      multiline: given.flag('multiline'),
      global: true,
    });
    const replacement = given.written(given.get('replacement') ?? '');
    const most = given.integer('count') ?? 0;
    const text = given.written(input);
    let [result, end, count] = ['', 0, 0];
    for (const match of text.matchAll(regex)) {
      if (most > 0 && count >= most) break;
      result += text.slice(end, match.index) + expandReplacement(replacement, match);
      end = match.index + match[0].length;
      count++;
    }
    const least = given.integer('mandatory_count') ?? 0;
    if (count < least) throw new Fault(`should replace ${least}, but found ${count}`);
    return result + text.slice(end);
  }),
  regex_escape: filter('re_type?', (input, given) => {
    if ((given.string('re_type') ?? 'python') !== 'python') throw new Fault('knows only the type "python"');
    return given
      .written(input)
      .replace(/[\s!"#$%&'()*+,./:;<=>?@[\\\]^`{|}~-]/g, (each) => (/["'!%,/:;<=>@`]/.test(each) ? each : `\\${each}`));
  }),
};
