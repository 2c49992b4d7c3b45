import { createHash, getHashes } from 'node:crypto';
import { filter, type Filter, type Table } from '../call.ts';
import { Fault } from '../fault.ts';
import { formatPercent } from '../format.ts';
import { mapOf } from '../items.ts';
import { replaceText } from '../methods.ts';
import { splitText, trimText } from '../strings.ts';

const lower: Filter = filter('', (input, given) => given.written(input).toLowerCase());

/** Filters that make text of text. */
export const textFilters: Table<Filter> = {
  lower,
  upper: filter('', (input, given) => given.written(input).toUpperCase()),
  capitalize: filter('', (input, given) => {
    const [first = '', ...rest] = Array.from(given.written(input));
    return first.toUpperCase() + rest.join('').toLowerCase();
  }),
  title: filter('', (input, given) =>
    given
      .written(input)
      .split(/([-\s({[<]+)/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
      .join(''),
  ),
  string: filter('', (input, given) => given.written(input)),
  trim: filter('chars?', (input, given) => trimText(given.written(input), given.string('chars'), 'both')),
  replace: filter('old new count?', (input, given) =>
    replaceText(
      given.written(input),
      given.written(given.item('old')),
      given.written(given.item('new')),
      given.integer('count'),
    ),
  ),
  split: filter('sep? maxsplit?', (input, given) =>
    splitText(given.text(input, 'the value'), given.string('sep'), given.integer('maxsplit')),
  ),
  join: filter('d? attribute?', (input, given) => {
    const attribute = given.get('attribute');
    const items = given.items(input);
    const parts =
      attribute === undefined || attribute === null
        ? items
        : given.items(
            given.context.filter('map', items, { positional: [], named: new Map([['attribute', attribute]]) }),
          );
    return parts.map((each) => given.written(each)).join(given.written(given.get('d') ?? ''));
  }),
  format: filter('* **', (input, given) => {
    const named = given.names.size > 0 ? [mapOf(given.names)] : given.rest;
    if (given.names.size > 0 && given.rest.length > 0) throw new Fault('takes arguments in order or by name, not both');
    return formatPercent(given.written(input), named, given.context.secrecy);
  }),
  basename: filter('', (input, given) => given.text(input, 'the path').replace(/^.*\//s, '')),
  dirname: filter('', (input, given) => {
    const head = given.text(input, 'the path').replace(/[^/]*$/, '');
    return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '');
  }),
  quote: filter('', (input, given) => quoteWord(input === null ? '' : given.written(input))),
  b64encode: filter('encoding?', (input, given) => {
    utf8(given.string('encoding'));
    return Buffer.from(given.written(input), 'utf8').toString('base64');
  }),
  b64decode: filter('encoding?', (input, given) => {
    utf8(given.string('encoding'));
    const text = given.written(input).replace(/\s/g, '');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
      throw new Fault('is given what is no base64');
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'base64'));
    } catch {
      throw new Fault('finds bytes that are no UTF-8 text');
    }
  }),
  hash: filter('hashtype?', (input, given) => digest(given.string('hashtype') ?? 'sha1', given.written(input))),
};

function utf8(encoding: string | undefined): void {
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding))
    throw new Fault(`knows only the encoding utf-8, not "${encoding}"`);
}

/** One word for a POSIX shell. */
export function quoteWord(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

function digest(name: string, text: string): string {
  const algorithm =
    { blake2b: 'blake2b512', blake2s: 'blake2s256' }[name] ?? name.replace('_', '-').replace(/^sha3-/, 'sha3-');
  if (!getHashes().includes(algorithm))
    throw new Fault(`knows no hash "${name}": md5, sha1, sha224, sha256, sha384 or sha512`);
  return createHash(algorithm).update(text, 'utf8').digest('hex');
}
