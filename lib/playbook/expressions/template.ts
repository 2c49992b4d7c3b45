import { Fault } from './fault.ts';
import { FILTERS } from './filters/filters.ts';
import type { Node } from './nodes.ts';
import { parse, type Vocabulary } from './parser.ts';
import { TESTS } from './tests.ts';
import { Omitted, type Item } from './items.ts';
import { Secrecy, textOf } from './text.ts';

/** A piece of a template: text as it stands, or an expression. */
export type Part =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'expression'; readonly node: Node };

const VOCABULARY: Vocabulary = { filters: new Set(FILTERS.keys()), tests: new Set(TESTS.keys()) };

/** Parsed texts are few and come back for every host; the limit only bounds a runaway. */
const MOST_CACHED = 20_000;
const templates = new Map<string, readonly Part[] | Fault>();
const conditions = new Map<string, Node | Fault>();

/** Whether rendering a text changes anything. */
export function hasMarkers(text: string): boolean {
  return /\{[{%#]/.test(text);
}

/** Splits a template into text and expressions. */
export function parseTemplate(text: string): readonly Part[] {
  return cached(templates, text, (each) => splitTemplate(each, refuse));
}

/** Parses a condition: an expression without braces. Braces around the whole are taken off, as Ansible still does. */
export function parseCondition(text: string): Node {
  return cached(conditions, text, readCondition);
}

/** Every fault of a template, one for each expression, and the expressions that have none. */
export function scanTemplate(text: string): { readonly faults: readonly Fault[]; readonly nodes: readonly Node[] } {
  const faults: Fault[] = [];
  const parts = splitTemplate(text, (fault) => faults.push(fault));
  return { faults, nodes: parts.flatMap((part) => (part.kind === 'expression' ? [part.node] : [])) };
}

function cached<Parsed>(cache: Map<string, Parsed | Fault>, text: string, read: (text: string) => Parsed): Parsed {
  let found = cache.get(text);
  if (found === undefined) {
    try {
      found = read(text);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      found = thrown;
    }
    if (cache.size >= MOST_CACHED) cache.clear();
    cache.set(text, found);
  }
  if (found instanceof Fault) throw new Fault(found.message, found.span, found.code);
  return found;
}

function readCondition(text: string): Node {
  if (/^\s*\{\{[^]*\}\}\s*$/.test(text)) {
    const [only, more] = parseTemplate(text.trim() === text ? text : text.replace(/\s+$/, '')).filter(
      (part) => part.kind === 'expression' || part.text.trim() !== '',
    );
    if (only?.kind === 'expression' && more === undefined) return only.node;
    throw new Fault('a condition is one expression, written without "{{ }}"', { start: 0, end: text.length });
  }
  const marker = /\{[{%#]/.exec(text);
  if (marker) {
    const statement = text[marker.index + 1] === '%';
    const span = { start: marker.index, end: marker.index + 2 };
    throw new Fault(
      statement
        ? 'statements "{% %}" are not supported: write "a if condition else b"'
        : 'a condition is written without "{{ }}": name the variable itself',
      span,
    );
  }
  return parse(text, { escapes: 'python', start: 0, braces: false }, VOCABULARY).node;
}

function refuse(fault: Fault): never {
  throw fault;
}

/** `onFault` throws, or lets the rest be read from behind the expression at fault. */
function splitTemplate(text: string, onFault: (fault: Fault) => void): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  let trimNext = false;
  let statements = false;
  const addText = (piece: string): void => {
    const kept = trimNext ? piece.trimStart() : piece;
    if (kept !== '') parts.push({ kind: 'text', text: kept });
    if (piece !== '') trimNext = false;
  };
  for (;;) {
    const rest = text.slice(at);
    const open = rest.search(/\{[{%#]/);
    if (open < 0) {
      addText(rest);
      return parts;
    }
    const start = at + open;
    const sign = text[start + 2];
    const before = text.slice(at, start);
    addText(sign === '-' ? before.trimEnd() : before);
    const inner = start + (sign === '-' || sign === '+' ? 3 : 2);
    switch (text.charAt(start + 1)) {
      case '%':
        // They come in pairs, and one word about them is enough.
        if (!statements) onFault(new Fault(STATEMENTS, { start, end: start + 2 }));
        statements = true;
        at = behind(text, '%}', start);
        break;
      case '#': {
        const close = text.indexOf('#}', start + 2);
        if (close < 0) {
          onFault(new Fault('the comment that begins with "{#" here is never closed', { start, end: start + 2 }));
          return parts;
        }
        trimNext = text[close - 1] === '-';
        at = close + 2;
        // a line that ends in a comment ends with it
        if (text[at] === '\n') at++;
        break;
      }
      default: {
        try {
          const { node, end } = parse(text, { escapes: 'literal', start: inner, braces: true }, VOCABULARY);
          parts.push({ kind: 'expression', node });
          trimNext = end.kind === 'end' && end.text.startsWith('-');
          at = end.end;
        } catch (thrown) {
          if (!(thrown instanceof Fault)) throw thrown;
          onFault(thrown);
          at = behind(text, '}}', thrown.span?.start ?? inner);
        }
      }
    }
  }
}

const STATEMENTS =
  'statements "{% %}" are not supported: write "{{ a if condition else b }}", a filter such as "map", or "loop"';

/** The offset behind the next `end`; that of the text's end where there is none. */
function behind(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found < 0 ? text.length : found + end.length;
}

/**
 * Puts the parts together: a template that is one expression alone keeps its type; more make a text, in which none
 * and what is omitted leave nothing.
 */
export function joinParts(text: string, parts: readonly Part[], evaluate: (node: Node) => Item): Item {
  const newlines = /\n*$/.exec(text)?.[0].length ?? 0;
  const last = parts.at(-1);
  // a line break that ends the template is not part of it, until the result turns out to be text
  const body =
    last?.kind === 'text' && newlines > 0
      ? [...parts.slice(0, -1), { kind: 'text' as const, text: last.text.slice(0, -1) }]
      : parts;
  const items = body
    .map((part) => (part.kind === 'text' ? part.text : evaluate(part.node)))
    .filter((item, index) => item !== null && !(item === '' && body[index]?.kind === 'text'));
  const secrecy = new Secrecy();
  const [only] = items;
  const result =
    items.length === 0
      ? null
      : items.length === 1 && only !== undefined
        ? only
        : items.map((item) => (item instanceof Omitted ? '' : textOf(item, secrecy))).join('');
  if (typeof result !== 'string') return result;
  const kept = /\n*$/.exec(result)?.[0].length ?? 0;
  return secrecy.seal(result + '\n'.repeat(Math.max(0, newlines - kept)));
}
