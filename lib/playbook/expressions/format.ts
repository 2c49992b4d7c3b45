import { keyOf } from './compare.ts';
import { Fault } from './fault.ts';
import { isList, isMap, kindOf, own, type Item } from './items.ts';
import { asFloat, floatText, numeric } from './numbers.ts';
import { literalOf, textOf, type Secrecy } from './text.ts';

const PERCENT = /%(?:\(([^)]*)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+|\*))?([a-zA-Z%]|$)/g;

/** Python's `%` formatting. */
export function formatPercent(text: string, values: readonly Item[], secrecy: Secrecy): string {
  let next = 0;
  const take = (): Item => {
    const item = values[next++];
    if (item === undefined) throw new Fault(`the format asks for more than the ${values.length} given`);
    return item;
  };
  const number = (size: string | undefined): number | undefined => {
    if (size === undefined) return undefined;
    return size === '*' ? Number(whole(take())) : limited(Number(size));
  };
  const named = text.includes('%(');
  const result = text.replace(
    PERCENT,
    (
      _all: string,
      name: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      kind: string,
    ) => {
      if (kind === '%') return '%';
      if (kind === '') throw new Fault('the format ends in the middle of "%"');
      const size = number(width);
      const digits = number(precision);
      let item: Item;
      if (name === undefined) item = take();
      else {
        const [map] = values;
        const found = map !== undefined && isMap(map) ? own(map, name) : undefined;
        if (found === undefined) throw new Fault(`the format asks for "${name}", which is not given`);
        item = found;
      }
      return pad(
        converted(kind, item, digits, flags, secrecy),
        size ?? 0,
        flags.includes('-') ? '<' : '>',
        flags,
        kind,
      );
    },
  );
  if (!named && next < values.length && !(values.length === 1 && isMap(values[0] ?? null))) {
    throw new Fault(`the format takes ${next}, ${values.length} are given`);
  }
  return result;
}

function converted(kind: string, item: Item, digits: number | undefined, flags: string, secrecy: Secrecy): string {
  switch (kind) {
    case 's':
      return cut(textOf(item, secrecy), digits);
    case 'r':
    case 'a':
      return cut(literalOf(item, secrecy), digits);
    case 'd':
    case 'i':
    case 'u':
      return signed(whole(item).toString(), flags);
    case 'x':
    case 'X':
    case 'o': {
      const value = strictWhole(item, kind);
      const prefix = flags.includes('#') ? `0${kind}` : '';
      const text = value.toString(kind === 'o' ? 8 : 16).replace(/^-?/, (sign) => sign + prefix);
      return signed(kind === 'X' ? text.toUpperCase() : text, flags);
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      const number = numeric(item);
      if (!number) throw new Fault(`%${kind} needs a number, not ${kindOf(item)}`);
      return signed(floating(asFloat(number), kind, digits), flags);
    }
    case 'c': {
      const number = numeric(item);
      if (number?.kind === 'integer') return character(Number(number.value));
      const text = textOf(item, secrecy);
      if (Array.from(text).length !== 1) throw new Fault('%c needs one character');
      return text;
    }
    default:
      throw new Fault(`"%${kind}" is no format`);
  }
}

function character(code: number): string {
  if (code < 0 || code > 0x10ffff) throw new Fault(`${code} is no character`);
  return String.fromCodePoint(code);
}

/** A number in one of the formats `e f g`, with Python's two-digit exponents. */
function floating(value: number, kind: string, given: number | undefined): string {
  const digits = Math.min(given ?? 6, 100);
  if (!Number.isFinite(value)) return floatText(value);
  const lower = kind.toLowerCase();
  let text: string;
  if (lower === 'f')
    text =
      Math.abs(value) < 1e21
        ? value.toFixed(digits)
        : BigInt(value).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  else if (lower === 'e') text = value.toExponential(digits);
  else {
    const precision = Math.max(1, digits);
    const exponent = value === 0 ? 0 : Number(value.toExponential(precision - 1).split('e')[1]);
    text =
      exponent < -4 || exponent >= precision
        ? value.toExponential(precision - 1)
        : value.toFixed(Math.max(0, precision - 1 - exponent));
    if (text.includes('.')) text = text.replace(/\.?0+(e|$)/, '$1');
  }
  text = text.replace(/e([+-])(\d)$/, 'e$10$2');
  return kind === lower ? text : text.toUpperCase();
}

function whole(item: Item): bigint {
  const number = numeric(item);
  if (!number) throw new Fault(`%d needs a number, not ${kindOf(item)}`);
  if (number.kind === 'integer') return number.value;
  if (!Number.isFinite(number.value)) throw new Fault(`${floatText(number.value)} is no whole number`);
  return BigInt(Math.trunc(number.value));
}

function strictWhole(item: Item, kind: string): bigint {
  const number = numeric(item);
  if (number?.kind !== 'integer') throw new Fault(`%${kind} needs an integer, not ${kindOf(item)}`);
  return number.value;
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

function cut(text: string, length: number | undefined): string {
  return length === undefined ? text : Array.from(text).slice(0, length).join('');
}

function limited(width: number): number {
  if (width > 10_000) throw new Fault(`a width of ${width} is too large`);
  return width;
}

function pad(text: string, width: number, side: string, flags: string, kind: string): string {
  const missing = limited(Math.abs(width)) - Array.from(text).length;
  if (missing <= 0) return text;
  if (side === '<') return text + ' '.repeat(missing);
  if (!flags.includes('0') || 'sra'.includes(kind)) return ' '.repeat(missing) + text;
  const [sign = ''] = /^[-+ ]?/.exec(text) ?? [];
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g;
const SPEC = /^(?:([^])?([<>^=]))?([-+ ]?)(#?)(0?)(\d*)([,_]?)(?:\.(\d+))?([a-zA-Z%]?)$/u;

/** Python's `str.format`, without attribute access: fields `{}`, `{0}`, `{name}`, `{name[key]}`, `!r`, and the plain formats. */
export function formatBraces(
  text: string,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
  secrecy: Secrecy,
): string {
  let next = 0;
  return text.replace(
    FIELD,
    (whole: string, field: string | undefined, conversion: string | undefined, spec: string | undefined) => {
      if (whole === '{{') return '{';
      if (whole === '}}') return '}';
      if (field === undefined) throw new Fault(`a lone "${whole}" in the format: write "${whole}${whole}"`);
      const item = fieldOf(field === '' ? String(next++) : field, positional, named);
      if (conversion === 'r' || conversion === 'a') return formatOne(literalOf(item, secrecy), spec ?? '', secrecy);
      return formatOne(conversion === 's' ? textOf(item, secrecy) : item, spec ?? '', secrecy);
    },
  );
}

function fieldOf(field: string, positional: readonly Item[], named: ReadonlyMap<string, Item>): Item {
  const [, first = '', keys = ''] = /^([^[]*)((?:\[[^\]]+\])*)$/.exec(field) ?? [];
  if (first === '' || first.includes('.'))
    throw new Fault(`the field "{${field}}" cannot be read: pass the value itself`);
  let item = /^\d+$/.test(first) ? positional[Number(first)] : named.get(first);
  if (item === undefined) throw new Fault(`the format asks for "${first}", which is not given`);
  for (const [, key = ''] of keys.matchAll(/\[([^\]]+)\]/g)) {
    const inside: Item | undefined = isMap(item)
      ? own(item, keyOf(key) ?? key)
      : isList(item)
        ? item[Number(key)]
        : undefined;
    if (inside === undefined) throw new Fault(`the format asks for "${field}", which is not there`);
    item = inside;
  }
  return item;
}

function formatOne(item: Item, spec: string, secrecy: Secrecy): string {
  if (spec === '') return textOf(item, secrecy);
  const parts = SPEC.exec(spec);
  if (!parts) throw new Fault(`"${spec}" is no format`);
  const [, fill, alignment, sign = '', alternate = '', zero = '', width = '', grouping = '', precision, kind = ''] =
    parts;
  const digits = precision === undefined ? undefined : limited(Number(precision));
  const number = numeric(item);
  const textual = kind === 's' || (kind === '' && !number);
  if (textual && (number || sign !== '')) throw new Fault(`the format "${spec}" does not fit ${kindOf(item)}`);
  let text = textual
    ? cut(textOf(item, secrecy), digits)
    : kind === '%'
      ? `${floating(number ? asFloat(number) * 100 : NaN, 'f', digits)}%`
      : converted(numberKind(kind, number?.kind ?? 'integer', digits), item, digits, sign + alternate, secrecy);
  if (grouping !== '')
    text = text.replace(
      /^([-+ ]?)(\d+)/,
      (_all: string, mark: string, whole: string) => mark + whole.replace(/\B(?=(\d{3})+$)/g, grouping),
    );
  return align(
    text,
    Number(width),
    alignment ?? (zero === '0' && !textual ? '=' : textual ? '<' : '>'),
    fill ?? (zero === '0' ? '0' : ' '),
  );
}

function numberKind(kind: string, number: 'integer' | 'float', digits: number | undefined): string {
  if (kind !== '') return kind;
  return number === 'integer' ? 'd' : digits === undefined ? 's' : 'g';
}

function align(text: string, width: number, side: string, fill: string): string {
  const missing = limited(width) - Array.from(text).length;
  if (missing <= 0) return text;
  switch (side) {
    case '<':
      return text + fill.repeat(missing);
    case '^':
      return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2));
    case '=': {
      const [sign = ''] = /^[-+ ]?/.exec(text) ?? [];
      return sign + fill.repeat(missing) + text.slice(sign.length);
    }
    default:
      return fill.repeat(missing) + text;
  }
}
