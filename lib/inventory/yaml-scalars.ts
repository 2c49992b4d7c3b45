import { Float, type Value } from './inventory.ts';

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  [
    ['yes', true],
    ['on', true],
    ['true', true],
    ['no', false],
    ['off', false],
    ['false', false],
  ].flatMap(([word, value]) => {
    const text = String(word);
    const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
    return [text, capital, text.toUpperCase()].map((each) => [each, value === true] as const);
  }),
);

const DECIMAL = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const BASED = /^([-+]?)(?:0b([01_]+)|0x([0-9a-fA-F_]+)|0([0-7_]+))$/;
const SIXTIES = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(\.[0-9_]*)?$/;
/** A sign before a leading point makes it text, which is PyYAML's own idea. */
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const UNREAL = /^(?:([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * What an unquoted YAML scalar means to Ansible, that is to PyYAML: YAML 1.1, so that `yes` and `off` are booleans,
 * `0644` is octal and `1:30` is ninety; but `y` and `1e3` are text. Dates stay text, as Ansible prints them anyway.
 */
export function plainScalar(text: string): Value {
  if (text === '' || text === '~' || text === 'null' || text === 'Null' || text === 'NULL') return null;
  const boolean = BOOLEANS.get(text);
  if (boolean !== undefined) return boolean;
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  if (DECIMAL.test(text)) return whole(BigInt(digits.replace('+', '')));
  const [based, sign, binary, hex, octal] = BASED.exec(text) ?? [];
  if (based !== undefined) {
    const written = binary !== undefined ? `0b${binary}` : hex !== undefined ? `0x${hex}` : `0o${octal ?? '0'}`;
    const bare = written.replaceAll('_', '');
    if (bare.length === 2) return text;
    return whole(sign === '-' ? -BigInt(bare) : BigInt(bare));
  }
  if (FLOAT.test(text)) return new Float(Number(digits));
  const [unreal, minus] = UNREAL.exec(text) ?? [];
  if (unreal !== undefined) return new Float(/nan/i.test(unreal) ? NaN : minus === '-' ? -Infinity : Infinity);
  const [sixties, fraction] = SIXTIES.exec(text) ?? [];
  if (sixties === undefined) return text;
  const total = digits
    .replace(/^[-+]/, '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  const signed = text.startsWith('-') ? -total : total;
  return fraction === undefined ? signed : new Float(signed);
}

/** What a scalar marked `!!int` and the like means. Undefined: the mark does not fit it. */
export function taggedScalar(tag: string, text: string): Value | undefined {
  const value = plainScalar(text);
  const number = typeof value === 'number' || typeof value === 'bigint';
  switch (tag) {
    case 'tag:yaml.org,2002:int':
      return number ? value : undefined;
    case 'tag:yaml.org,2002:float':
      return number ? new Float(Number(value)) : value instanceof Float ? value : undefined;
    case 'tag:yaml.org,2002:bool':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return value === null ? value : undefined;
  }
}

/** What an unquoted word of a JSON text means. */
export function jsonScalar(text: string): Value {
  return /^-?[0-9]/.test(text) && /[.eE]/.test(text) ? new Float(Number(text)) : plainScalar(text);
}

function whole(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
