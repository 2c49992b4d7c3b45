import { didYouMean, nearestWord } from '../nearest.ts';
import type { Position } from '../errors.ts';
import { expandHostNames } from './host-range.ts';
import type { Value, Variable } from './inventory.ts';
import type { InventoryDraft } from './inventory-draft.ts';
import { readPythonLiteral } from './python-literal.ts';
import { indentOf, SPACE, splitLines, strip, WORD } from './python-text.ts';
import { hideAll, hideSecret } from './secret-names.ts';
import { splitShellWords } from './shell-words.ts';

const SECTION = new RegExp(`^\\[([^:\\]${SPACE}]+)(?::([${WORD}]+))?\\][${SPACE}]*(?:#.*)?$`, 'su');
const CHILD = new RegExp(`^([^:\\]${SPACE}]+)[${SPACE}]*(?:#.*)?$`, 'su');

const KINDS = ['hosts', 'children', 'vars'] as const;
type SectionKind = (typeof KINDS)[number];

/** A group that a section names and no `[group]` has defined yet. */
interface Pending {
  readonly kind: 'children' | 'vars';
  readonly mentions: { readonly parent: string; readonly at: Position }[];
}

export interface IniOptions {
  readonly text: string;
  readonly file: string;
  /** The file was encrypted as a whole: all values in it are secret. */
  readonly encrypted?: boolean;
  readonly draft: InventoryDraft;
}

/** Reads one INI inventory into the draft. A line that cannot be read is reported, and reading goes on after it. */
export function parseIni({ text, file, encrypted = false, draft }: IniOptions): void {
  new IniParser(file, encrypted, draft).parse(text);
}

class IniParser {
  readonly #file: string;
  readonly #encrypted: boolean;
  readonly #draft: InventoryDraft;
  readonly #pending = new Map<string, Pending>();
  #group = 'ungrouped';
  /** Undefined: below a section that could not be understood, where no line can be judged. */
  #kind: SectionKind | undefined = 'hosts';

  constructor(file: string, encrypted: boolean, draft: InventoryDraft) {
    this.#file = file;
    this.#encrypted = encrypted;
    this.#draft = draft;
  }

  parse(source: string): void {
    const marked = source.startsWith('\ufeff');
    if (marked) {
      const text = 'the file starts with a byte order mark: save it as UTF-8 without one';
      this.#draft.report('inventory-syntax', text, { file: this.#file, line: 1, column: 1 });
    }
    for (const { text, line, column } of splitLines(marked ? source.slice(1) : source)) {
      const indent = indentOf(text);
      const trimmed = strip(text);
      if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
      this.#line(trimmed, { file: this.#file, line, column: column + indent });
    }
    this.#reportPending();
  }

  /** A `;` after a section makes it a host line for Ansible, and always one that it refuses. */
  #line(text: string, at: Position): void {
    const section = SECTION.exec(text);
    if (section) this.#section(section[1] ?? '', section[2], at);
    else if (/^\[.*\]$|^\[[^\]]*\]\s+;[^=]*$/s.test(text)) this.#invalidSection(text, at);
    else if (this.#kind === 'hosts') this.#hostLine(text, at);
    else if (this.#kind === 'vars') this.#variableLine(text, at);
    else if (this.#kind === 'children') this.#childLine(text, at);
  }

  #section(group: string, tag: string | undefined, at: Position): void {
    const kind = tag === undefined ? 'hosts' : KINDS.find((each) => each === tag);
    if (!kind) {
      const text = `section [${group}:${tag ?? ''}] has an unknown type: hosts, children or vars was expected`;
      this.#draft.report('inventory-syntax', `${text}${didYouMean(tag ?? '', KINDS)}`, at);
      // What was most likely meant, so that the lines below are still checked.
      this.#group = group;
      this.#kind = KINDS.find((each) => each === nearestWord(tag ?? '', KINDS));
      if (this.#kind !== undefined) this.#draft.addGroup(group, at);
      return;
    }
    this.#group = group;
    this.#kind = kind;
    const pending = this.#pending.get(group);
    if (!this.#draft.groups.has(group) && kind === 'vars' && !pending) {
      this.#pending.set(group, { kind: 'vars', mentions: [{ parent: group, at }] });
    }
    this.#draft.addGroup(group, at);
    if (kind === 'vars' || !pending) return;
    this.#pending.delete(group);
    if (pending.kind === 'children')
      for (const each of pending.mentions) this.#draft.addChild(each.parent, group, each.at);
  }

  #invalidSection(text: string, at: Position): void {
    const expected = text.endsWith(']')
      ? '[group], [group:vars] or [group:children] was expected, without blanks'
      : 'what follows a section can only be a comment with "#"';
    this.#draft.report('inventory-syntax', `${text} is no section: ${expected}`, at);
    // What was most likely meant, so that the lines below are still checked.
    const [, group = '', tag] = /^\[([^:\]]*)(?::\s*([^\]\s]*))?/s.exec(text) ?? [];
    this.#group = strip(group);
    this.#kind = tag === undefined ? 'hosts' : KINDS.find((each) => each === tag);
    this.#draft.addGroup(this.#group, at);
  }

  #hostLine(text: string, at: Position): void {
    const split = splitShellWords(text);
    if (split.kind === 'unbalanced') {
      const missing = split.missing === 'quote' ? 'this quote is never closed' : 'nothing follows this backslash';
      this.#draft.report('inventory-syntax', missing, { ...at, column: at.column + split.offset });
      return;
    }
    if (split.cutAt !== undefined) {
      const warning = 'the rest of the line is a comment, though this "#" is inside a word: quote the word to keep it';
      this.#draft.warn('inventory-syntax', warning, { ...at, column: at.column + split.cutAt });
    }
    const [name, ...assignments] = split.words;
    const expanded = expandHostNames(name?.text ?? '');
    if (expanded.kind === 'refused') {
      const open = text.startsWith('[') && !text.includes(']');
      this.#draft.report('inventory-syntax', open ? `${text} is a section that is never closed` : expanded.reason, at);
    }
    const names = expanded.kind === 'hosts' ? expanded.names : [];
    if (expanded.kind === 'hosts' && names.length === 0) {
      this.#draft.report('inventory-syntax', `"${name?.text ?? ''}" stands for no host: its range is empty`, at);
    }
    const port = expanded.kind === 'hosts' ? expanded.port : undefined;
    for (const host of names) this.#draft.addHost({ name: host, group: this.#group, port, at });
    // Of a name that stands twice on the line only the last is ever set.
    const variables = new Map<string, Variable>();
    for (const word of assignments) {
      const place = { ...at, column: at.column + word.offset };
      if (!word.text.includes('=')) {
        // What follows is the rest of the same mistake.
        this.#notAssignment(word.text, place);
        break;
      }
      const variable = this.#assignment(word.text, place);
      if (variable) variables.set(variable.name, variable);
    }
    for (const host of names) for (const each of variables.values()) this.#draft.setVariable(host, each);
  }

  #notAssignment(word: string, at: Position): void {
    const hint = word.startsWith(';') ? 'a comment after a host starts with "#"' : 'a value with blanks needs quotes';
    this.#draft.report('inventory-syntax', `"${word}" is not name=value without blanks around "=" (${hint})`, at);
  }

  #assignment(text: string, at: Position): Variable | undefined {
    const equals = text.indexOf('=');
    const name = text.slice(0, equals);
    const value = this.#value(name, text.slice(equals + 1), at);
    return value === undefined ? undefined : { name, value, at };
  }

  #variableLine(text: string, at: Position): void {
    const equals = text.indexOf('=');
    if (equals < 0) {
      this.#draft.report(
        'inventory-syntax',
        `"${text}" is not name=value, which is what [${this.#group}:vars] holds`,
        at,
      );
      return;
    }
    const name = strip(text.slice(0, equals));
    const value = this.#value(name, strip(text.slice(equals + 1)), at);
    if (value !== undefined) this.#draft.setVariable(this.#group, { name, value, at });
  }

  #value(name: string, text: string, at: Position): Value | undefined {
    const literal = readPythonLiteral(text);
    if (literal.kind === 'refused') {
      this.#draft.report('inventory-value', `the value of "${name}" cannot be used: ${literal.reason}`, at);
      return undefined;
    }
    const typed = literal.kind === 'text' ? text : literal.value;
    const value = this.#encrypted ? hideAll(name, typed) : hideSecret(name, typed, text);
    if (value === undefined) this.#draft.report('vault', `"${name}" mixes secret text with "{{ }}"`, at);
    return value;
  }

  #childLine(text: string, at: Position): void {
    const child = CHILD.exec(text)?.[1];
    if (child === undefined) {
      this.#draft.report(
        'inventory-syntax',
        `"${text}" is no group name, which is what [${this.#group}:children] holds`,
        at,
      );
      return;
    }
    if (this.#draft.groups.has(child)) {
      this.#draft.addChild(this.#group, child, at);
      return;
    }
    const mention = { parent: this.#group, at };
    const pending = this.#pending.get(child);
    if (pending) pending.mentions.push(mention);
    else this.#pending.set(child, { kind: 'children', mentions: [mention] });
  }

  #reportPending(): void {
    for (const [group, { kind, mentions }] of this.#pending) {
      const known = [...this.#draft.groups.keys()].filter((name) => !this.#pending.has(name));
      for (const { parent, at } of mentions) {
        const others = known.filter((name) => name !== parent);
        const meant = didYouMean(group, others);
        const section = kind === 'vars' ? `[${group}:vars] is for` : `[${parent}:children] names`;
        this.#draft.report('inventory-group', `${section} group "${group}", which is not defined${meant}`, at);
      }
    }
  }
}
