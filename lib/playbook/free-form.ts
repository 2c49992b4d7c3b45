/** A text cut into `key=value` arguments and the rest, as Ansible's short form of a task. */
export interface FreeForm {
  readonly options: ReadonlyMap<string, string>;
  /** What is no option, with the quotes and spaces that it has. */
  readonly rest: string;
}

/**
 * Splits `creates=/x echo "a b"`. Only the names in `options` are taken as arguments (all, where it is undefined):
 * a command may hold an `=` of its own.
 */
export function splitFreeForm(text: string, options: ReadonlySet<string> | undefined): FreeForm {
  const found = new Map<string, string>();
  const rest: string[] = [];
  for (const word of wordsOf(text)) {
    const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(word.trim()) ?? [];
    if (name !== undefined && value !== undefined && (options === undefined || options.has(name)))
      found.set(name, unquoted(value));
    else rest.push(word);
  }
  // a text without options is left as it is: the line breaks of a shell script are part of it
  return { options: found, rest: found.size === 0 ? text.trimStart() : rest.join('').trim() };
}

/** Words with the space before them; quotes and `{{ }}` hold a word together. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*(?:\{\{[^]*?\}\}|"(?:[^"\\]|\\[^])*"|'[^']*'|\\[^]|[^\s])+/g) ?? [];
}

function unquoted(value: string): string {
  const [, , inside] = /^(["'])([^]*)\1$/.exec(value) ?? [];
  return inside ?? value;
}
