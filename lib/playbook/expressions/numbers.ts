import { Float } from '../../inventory/inventory.ts';
import { Fault } from './fault.ts';
import type { Item } from './items.ts';

/** Python has one integer of any size and one float; booleans are 0 and 1. */
export type Numeric =
  { readonly kind: 'integer'; readonly value: bigint } | { readonly kind: 'float'; readonly value: number };

/** Larger results are refused: an expression is no place to compute them, and they would hold up the run. */
const MOST_BITS = 100_000n;

export function numeric(item: Item): Numeric | undefined {
  if (typeof item === 'boolean') return { kind: 'integer', value: item ? 1n : 0n };
  if (typeof item === 'bigint') return { kind: 'integer', value: item };
  if (item instanceof Float) return { kind: 'float', value: item.value };
  if (typeof item !== 'number') return undefined;
  return Number.isInteger(item) ? { kind: 'integer', value: BigInt(item) } : { kind: 'float', value: item };
}

/** An integer as values hold it: a number where that is exact. */
export function integer(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

export function asFloat({ value }: Numeric): number {
  return Number(value);
}

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Arithmetic as Python does it: `/` gives a float, `//` and `%` round towards minus infinity. */
export function calculate(operator: Operator, left: Numeric, right: Numeric): Item {
  if ((operator === '/' || operator === '//' || operator === '%') && Number(right.value) === 0) {
    throw new Fault(`division by zero in "${operator}"`);
  }
  if (left.kind === 'integer' && right.kind === 'integer') return calculateIntegers(operator, left.value, right.value);
  const result = calculateFloats(operator, asFloat(left), asFloat(right));
  if (Number.isNaN(result) && !Number.isNaN(asFloat(left)) && !Number.isNaN(asFloat(right))) {
    throw new Fault(`"${operator}" has no real result for these numbers`);
  }
  return new Float(result);
}

function calculateIntegers(operator: Operator, left: bigint, right: bigint): Item {
  switch (operator) {
    case '+':
      return integer(left + right);
    case '-':
      return integer(left - right);
    case '*':
      refuseHuge(bits(left) + bits(right));
      return integer(left * right);
    case '/':
      return new Float(Number(left) / Number(right));
    case '//':
      return integer(floorDivide(left, right));
    case '%':
      return integer(left - floorDivide(left, right) * right);
    case '**':
      if (right < 0n) {
        if (left === 0n) throw new Fault('zero cannot be raised to a negative power');
        return new Float(Number(left) ** Number(right));
      }
      if (left !== 0n && left !== 1n && left !== -1n) refuseHuge(bits(left) * right);
      return integer(left ** right);
  }
}

function calculateFloats(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return Math.floor(left / right);
    case '%':
      return left - Math.floor(left / right) * right;
    case '**':
      if (left === 0 && right < 0) throw new Fault('zero cannot be raised to a negative power');
      return left ** right;
  }
}

function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

function bits(value: bigint): bigint {
  return BigInt(value.toString(16).length * 4);
}

function refuseHuge(size: bigint): void {
  if (size > MOST_BITS) throw new Fault('the result is too large a number');
}

/** A float as Python prints it: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
