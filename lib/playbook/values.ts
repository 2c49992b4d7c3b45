import type { Position } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { isValueList, isValueMap, Float, type Value } from '../inventory/inventory.ts';
import { checkCondition, checkTemplate } from './expressions.ts';
import { FACT_NAMES } from './fact-names.ts';
import { MAGIC_NAMES } from './magic-names.ts';
import type { Expression, Template } from './playbook.ts';
import { entriesOf, expressionOf, itemsOf, kindOfValue, templateOf, type Findings, type Source } from './source.ts';

/** Any value, its expressions checked. */
export function readTemplate(source: Source, findings: Findings): Template {
  const template = templateOf(source);
  findings.problems.push(...checkTemplate(template));
  return template;
}

function isExpression(value: Value): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** A constant of one kind, or an expression that is checked once it is rendered. */
function readChecked(
  word: string,
  source: Source,
  findings: Findings,
  expected: string,
  fits: (value: Value) => boolean,
): Template {
  if (!isExpression(source.value) && !fits(source.value)) {
    findings.error(
      'playbook-syntax',
      `"${word}" takes ${expected}, not ${kindOfValue(source.value)}`,
      source.places.at,
    );
  }
  return readTemplate(source, findings);
}

const BOOLEAN_WORDS: ReadonlySet<string> = new Set([
  'yes',
  'no',
  'on',
  'off',
  'true',
  'false',
  'y',
  'n',
  't',
  'f',
  '1',
  '0',
]);

export function readBoolean(word: string, source: Source, findings: Findings): Template {
  return readChecked(word, source, findings, 'true or false', (value) =>
    typeof value === 'string'
      ? BOOLEAN_WORDS.has(value.toLowerCase())
      : typeof value === 'boolean' || value === 0 || value === 1,
  );
}

export function readInteger(word: string, source: Source, findings: Findings): Template {
  return readChecked(word, source, findings, 'a whole number from 0', (value) =>
    typeof value === 'string' ? /^\d+$/.test(value) : typeof value === 'number' && value >= 0,
  );
}

export function readNumber(word: string, source: Source, findings: Findings): Template {
  return readChecked(word, source, findings, 'a number from 0', (value) =>
    typeof value === 'string'
      ? /^\d+(?:\.\d+)?$/.test(value)
      : (value instanceof Float ? value.value : Number(value)) >= 0 &&
        (typeof value === 'number' || value instanceof Float),
  );
}

export function readText(word: string, source: Source, findings: Findings): Template {
  return readChecked(word, source, findings, 'a text', (value) => typeof value === 'string' && value !== '');
}

/** A text or a list of texts; numbers stand for themselves (`serial: 1`). */
export function readTexts(word: string, source: Source, findings: Findings): readonly Template[] {
  const items = isValueList(source.value) ? itemsOf(source) : [source];
  if (items.length === 0)
    findings.error(
      'playbook-syntax',
      `"${word}" takes a text or a list of texts; this list is empty`,
      source.places.at,
    );
  return items.map((item) =>
    readChecked(
      word,
      item,
      findings,
      'a text or a list of texts',
      (value) => (typeof value === 'string' && value.trim() !== '') || typeof value === 'number',
    ),
  );
}

/** Words as a list, or as one text with commas. */
export function readWords(word: string, source: Source, findings: Findings): readonly string[] {
  const items = isValueList(source.value) ? itemsOf(source) : [source];
  return items.flatMap((item) => {
    if (typeof item.value !== 'string' && typeof item.value !== 'number') {
      findings.error('playbook-syntax', `"${word}" takes words, not ${kindOfValue(item.value)}`, item.places.at);
      return [];
    }
    if (word === 'tags' && String(item.value).includes('{{')) {
      const text = '"tags" takes words as they stand: tasks are chosen before any variable is known';
      findings.error('playbook-unsupported', text, item.places.at);
    }
    return String(item.value)
      .split(word === 'tags' ? ',' : /(?!)/)
      .map((each) => each.trim())
      .filter((each) => each !== '');
  });
}

/** Conditions: texts or booleans, one or a list. */
export function readConditions(word: string, source: Source, findings: Findings): readonly Expression[] {
  const items = isValueList(source.value) ? itemsOf(source) : [source];
  return items.flatMap((item) => {
    if (typeof item.value !== 'boolean' && (typeof item.value !== 'string' || item.value.trim() === '')) {
      findings.error('playbook-syntax', `"${word}" takes conditions, not ${kindOfValue(item.value)}`, item.places.at);
      return [];
    }
    const expression = expressionOf(String(item.value), item);
    findings.problems.push(...checkCondition(expression));
    return [expression];
  });
}

/** Sizes of batches: numbers and percentages. */
export function readSerial(word: string, source: Source, findings: Findings): readonly Template[] {
  const read = readTexts(word, source, findings);
  for (const { source: size, constant, at } of read) {
    if (!constant || typeof size !== 'string' || size.trim() === '' || /^\s*-?\d+\s*%?\s*$/.test(size)) continue;
    findings.error('playbook-syntax', `"${word}" takes numbers and percentages such as "50%", not "${size}"`, at);
  }
  return read;
}

/** A name that pgup gives a value itself: what stands there under it is never seen. */
function warnOfMagic(name: string, at: Position, findings: Findings): void {
  if (!Object.hasOwn(MAGIC_NAMES, name) || FACTS.has(name)) return;
  findings.warn('playbook-syntax', `"${name}" is a name of pgup's own: ${MAGIC_NAMES[name] ?? ''}`, at);
}

const FACTS: ReadonlySet<string> = new Set(FACT_NAMES.map((name) => `ansible_${name}`));

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that mean something in expressions, and cannot be variables. */
const RESERVED: ReadonlySet<string> = new Set([
  'true',
  'false',
  'none',
  'True',
  'False',
  'None',
  'and',
  'or',
  'not',
  'in',
  'is',
  'if',
  'else',
  'omit',
]);

export function isVariableName(name: string): boolean {
  return NAME.test(name) && !RESERVED.has(name);
}

/** The name of a variable. */
export function readIdentifier(word: string, source: Source, findings: Findings): string | undefined {
  if (typeof source.value === 'string' && isVariableName(source.value)) {
    warnOfMagic(source.value, source.places.at, findings);
    return source.value;
  }
  findings.error(
    'playbook-syntax',
    `"${word}" takes the name of a variable (letters, digits and _), not ${kindOfValue(source.value)}`,
    source.places.at,
  );
  return undefined;
}

/** Variables by name. A float as the value of a pgup_ variable is a version that lost its zero. */
export function readVariables(word: string, source: Source, findings: Findings): ReadonlyMap<string, Template> {
  const variables = new Map<string, Template>();
  if (source.value === null) return variables;
  if (!isValueMap(source.value)) {
    findings.error(
      'playbook-syntax',
      `"${word}" takes variables by name, not ${kindOfValue(source.value)}`,
      source.places.at,
    );
    return variables;
  }
  for (const [name, each, at] of entriesOf(source)) {
    if (word === 'vars' && !isVariableName(name)) {
      findings.error('playbook-syntax', `"${name}" cannot be the name of a variable: letters, digits and _`, at);
    }
    if (word === 'vars') warnOfMagic(name, at, findings);
    if (name.startsWith('pgup_')) refuseVersionNumber(name, each, findings, 'variable-value');
    variables.set(name, readTemplate(each, findings));
  }
  return variables;
}

/** `16.10` without quotes is the number 16.1: another version. */
export function refuseVersionNumber(
  name: string,
  { value, places }: Source,
  findings: Findings,
  code: 'variable-value' | 'module-arguments',
): void {
  if (!(value instanceof Float)) return;
  const written = places.text ?? value.toString();
  findings.error(code, `"${name}" is the number ${value.toString()}: quote the version: "${written}"`, places.at);
}

/** Environment variables: a mapping, an expression, or a list of either. */
export function readEnvironment(word: string, source: Source, findings: Findings): readonly Template[] {
  const items = isValueList(source.value) ? itemsOf(source) : [source];
  for (const item of items) {
    for (const [name, each] of entriesOf(item)) {
      if (!isValueList(each.value) && !isValueMap(each.value)) continue;
      const text = `the environment variable "${name}" takes a text, not ${kindOfValue(each.value)}`;
      findings.error('playbook-syntax', text, each.places.at);
    }
  }
  return items.map((item) => readChecked(word, item, findings, 'a mapping or a list of mappings', isValueMap));
}

/** `loop_control: {loop_var, index_var, label}`. */
export function readLoopControl(
  source: Source,
  findings: Findings,
): { readonly loopVar?: string; readonly indexVar?: string; readonly label?: Template } {
  const known = ['loop_var', 'index_var', 'label'];
  if (!isValueMap(source.value)) {
    findings.error(
      'playbook-syntax',
      `"loop_control" takes a mapping with ${known.join(', ')}, not ${kindOfValue(source.value)}`,
      source.places.at,
    );
    return {};
  }
  let control: { loopVar?: string; indexVar?: string; label?: Template } = {};
  for (const [name, each, at] of entriesOf(source)) {
    if (name === 'label') control = { ...control, label: readTemplate(each, findings) };
    else if (name === 'loop_var' || name === 'index_var') {
      const variable = readIdentifier(name, each, findings);
      if (variable !== undefined) control = { ...control, [name === 'loop_var' ? 'loopVar' : 'indexVar']: variable };
    } else if (['pause', 'extended', 'extended_allitems', 'break_when'].includes(name)) {
      findings.error(
        'playbook-unsupported',
        `"${name}" of "loop_control" is not supported: pgup has ${known.join(', ')}`,
        at,
      );
    } else {
      findings.error(
        'playbook-syntax',
        `"loop_control" has no word "${name}": it has ${known.join(', ')}${didYouMean(name, known)}`,
        at,
      );
    }
  }
  return control;
}
