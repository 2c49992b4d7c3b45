/** Where pgup differs from ansible-core 2.19 on purpose, with the reason. */
export interface Deviation {
  readonly why: string;
  readonly ours: Ours;
}

type Ours = { readonly value: Plain } | { readonly error: 'undefined' | 'other' };
type Plain = null | boolean | string | { readonly int: string } | { readonly list: readonly Plain[] };

const UNDEFINED = { error: 'undefined' } as const;
const REFUSED = { error: 'other' } as const;
const integers = (...list: readonly number[]): Ours => ({
  value: { list: list.map((each) => ({ int: String(each) })) },
});

const TUPLES = 'tuples are lists';
const ORDER = 'sets keep the order of first appearance';
const STATEMENTS = 'statements are refused';
const BRACES = 'braces inside a condition are refused';
const CHOICE = 'a choice without else is undefined';

export const DEVIATIONS: ReadonlyMap<string, Deviation> = new Map<string, Deviation>([
  ["{{ 'x' ~ (1,2) }}", { why: TUPLES, ours: { value: 'x[1, 2]' } }],
  ['{{ [1] + (2,) }}', { why: TUPLES, ours: integers(1, 2) }],
  ['{{ [1, 2] == (1, 2) }}', { why: TUPLES, ours: { value: true } }],
  ['{{ range(3) }}', { why: 'a range is a list', ours: integers(0, 1, 2) }],
  ['{{ [3,1,2,1] | difference([1]) }}', { why: ORDER, ours: integers(3, 2) }],
  ['{{ [3,1,2,1] | union([5,1]) }}', { why: ORDER, ours: integers(3, 1, 2, 5) }],
  ['{{ [3,1,2,1] | intersect([1,3]) }}', { why: ORDER, ours: integers(3, 1) }],
  ['{{ [3, 2, 1] | difference([]) }}', { why: ORDER, ours: integers(3, 2, 1) }],
  ['{% if true %}x{% endif %}', { why: STATEMENTS, ours: REFUSED }],
  ['{% if a %}x{% endif %}', { why: STATEMENTS, ours: REFUSED }],
  ['{% raw %}{{ a }}{% endraw %}', { why: STATEMENTS, ours: REFUSED }],
  [`?'x' == "{{ b }}"`, { why: BRACES, ours: REFUSED }],
  [`?b == '{{ b }}'`, { why: BRACES, ours: REFUSED }],
  [`?b == "{{ b }}"`, { why: BRACES, ours: REFUSED }],
  ['?{{ b }}', { why: 'a text that a condition gives is not evaluated again', ours: REFUSED }],
  ["{{ 'a' if false }}", { why: CHOICE, ours: UNDEFINED }],
  ['{{ b if false }}', { why: CHOICE, ours: UNDEFINED }],
  ["{{ (b if false) | default('q') }}", { why: CHOICE, ours: { value: 'q' } }],
  ['{{ a.real }}', { why: 'numbers have no attributes', ours: UNDEFINED }],
  ["{{ '{0.real}'.format(1) }}", { why: 'numbers have no attributes', ours: REFUSED }],
  ['{{ d.get.__globals__ }}', { why: 'methods are only called', ours: REFUSED }],
  ["{{ '1.10' | version('1.9', 'lt') }}", { why: 'version is a filter too', ours: { value: false } }],
  ["{{ '1.0' is version('1.0', '>=', strict=true) }}", { why: 'versions are compared loosely only', ours: REFUSED }],
  ["{{ '!!' | b64decode }}", { why: 'what is no base64 is an error', ours: REFUSED }],
  ["{{ hosts | unique(attribute='up') | length }}", { why: 'a missing attribute is undefined', ours: UNDEFINED }],
]);
