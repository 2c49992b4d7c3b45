import { formatFloat } from './python-text.ts';

/** A number as Python's grammar has them. */
export type PythonNumber =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'complex'; readonly real: number; readonly imaginary: number };

const DIGITS = '[0-9](?:_?[0-9])*';
const EXPONENT = `[eE][+-]?${DIGITS}`;
const FLOAT = new RegExp(`(?:(?:${DIGITS})?\\.${DIGITS}|${DIGITS}\\.)(?:${EXPONENT})?|${DIGITS}${EXPONENT}`, 'y');
const BASED = /0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)/y;
const DECIMAL = new RegExp(DIGITS, 'y');
/** Python refuses to read longer decimal numbers (a guard against slow conversions); Ansible then keeps the text. */
const MAX_DIGITS = 4300;

/** Reads the number that starts at `from`. Undefined: none does, or Python would call it a syntax error. */
export function readPythonNumber(
  source: string,
  from: number,
): { readonly number: PythonNumber; readonly end: number } | undefined {
  const match = (expression: RegExp): string | undefined => {
    expression.lastIndex = from;
    return expression.exec(source)?.[0];
  };
  const based = match(BASED);
  const float = based === undefined ? match(FLOAT) : undefined;
  const decimal = based === undefined && float === undefined ? match(DECIMAL) : undefined;
  const text = based ?? float ?? decimal;
  if (text === undefined) return undefined;
  let end = from + text.length;
  const plain = text.replaceAll('_', '');
  let number: PythonNumber;
  if (based === undefined && /[jJ]/.test(source.charAt(end))) {
    number = { kind: 'complex', real: 0, imaginary: Number(plain) };
    end += 1;
  } else if (float !== undefined) {
    number = { kind: 'float', value: Number(plain) };
  } else {
    // `007` is refused (it was octal once), `00` is zero.
    if (decimal !== undefined && (/^0.*[1-9]/.test(plain) || plain.length > MAX_DIGITS)) return undefined;
    number = { kind: 'int', value: BigInt(plain) };
  }
  return /[\p{L}\p{N}_]/u.test(source.charAt(end)) ? undefined : { number, end };
}

export function negate(number: PythonNumber): PythonNumber {
  switch (number.kind) {
    case 'int':
      return { kind: 'int', value: -number.value };
    case 'float':
      return { kind: 'float', value: -number.value };
    case 'complex':
      return { kind: 'complex', real: -number.real, imaginary: -number.imaginary };
  }
}

/** `1 + 2j` and `1 - 2j`: the only sums that are literals. Undefined for all others. */
export function addImaginary(left: PythonNumber, sign: '+' | '-', right: PythonNumber): PythonNumber | undefined {
  if (left.kind === 'complex' || right.kind !== 'complex') return undefined;
  const direction = sign === '+' ? 1 : -1;
  // The left side has an imaginary part of +0, which matters for `-0j`.
  return {
    kind: 'complex',
    real: Number(left.value) + direction * right.real,
    imaginary: 0 + direction * right.imaginary,
  };
}

/** As `str(complex)` writes it: `1j`, `(1+1j)`, `(-0-1j)`. */
export function formatComplex(real: number, imaginary: number): string {
  const part = (value: number): string => formatFloat(value).replace(/\.0$/, '');
  if (Object.is(real, 0)) return `${part(imaginary)}j`;
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+';
  return `(${part(real)}${sign}${part(imaginary)}j)`;
}
