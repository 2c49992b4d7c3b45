/** What `--tags` and `--skip-tags` say. */
export interface Tags {
  readonly only: ReadonlySet<string>;
  readonly skip: ReadonlySet<string>;
}

/** Words of `--tags` that mean tasks by whether they have tags, and tags that mean when they run. */
export const SPECIAL_TAGS: ReadonlySet<string> = new Set(['all', 'tagged', 'untagged', 'always', 'never']);

const UNTAGGED: readonly string[] = ['untagged'];

/** Whether a task with these tags, its own and those of its play and blocks, is run: Ansible's rule. */
export function isChosen(own: readonly string[], { only, skip }: Tags): boolean {
  const tags = own.length === 0 ? UNTAGGED : own;
  const tagged = own.length > 0;
  const named = (list: ReadonlySet<string>): boolean => tags.some((tag) => list.has(tag));
  const never = tags.includes('never');
  const wanted =
    tags.includes('always') || (only.has('all') && !never) || named(only) || (only.has('tagged') && tagged && !never);
  if (!wanted || skip.size === 0) return wanted;
  if (skip.has('all')) return tags.includes('always') && !skip.has('always');
  return !named(skip) && !(skip.has('tagged') && tagged);
}
