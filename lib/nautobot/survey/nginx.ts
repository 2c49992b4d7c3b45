/** One directive of nginx's configuration: `listen 443 ssl;`, or with a block: `server { … }`. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  readonly block: readonly Directive[];
}

/**
 * Reads nginx's grammar: words, quotes, comments, `;` and blocks. Forgiving, because lines that could hold a secret were
 * left out on the host: a brace too many or too few ends the block or the file.
 */
export function parseNginx(text: string): readonly Directive[] {
  const tokens =
    text.match(/#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|(?:[^\s{};"'\\]|\\.|\$\{[^}]*\})+/gs) ?? [];
  const words = tokens.filter((token) => !token.startsWith('#'));
  let at = 0;
  const block = (): readonly Directive[] => {
    const directives: Directive[] = [];
    let current: string[] = [];
    while (at < words.length) {
      const word = words[at++] ?? '';
      if (word === '}') return directives;
      if (word !== ';' && word !== '{') {
        current.push(word.replace(/^(["'])(.*)\1$/s, '$2'));
        continue;
      }
      const [name = '', ...rest] = current;
      current = [];
      directives.push(Object.freeze({ name, words: rest, block: word === '{' ? block() : [] }));
    }
    return directives;
  };
  return block();
}
