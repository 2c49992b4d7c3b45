import type { ErrorCode } from '../../errors.ts';
import { Missing, type Item } from './items.ts';

/** Where in the text of a template or condition something stands: offsets, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with an expression, before it is known in which file it stands. Never leaves this folder. */
export class Fault extends Error {
  readonly code: ErrorCode;
  readonly span: Span | undefined;
  constructor(text: string, span?: Span, code: ErrorCode = 'expression') {
    super(text);
    this.code = code;
    this.span = span;
  }
}

/** The fault of touching what is missing; a problem found further in keeps its own place. */
export function missed(missing: Missing, span?: Span): Error {
  return missing.cause ?? new Fault(missing.reason, span, 'undefined-name');
}

/** The item, which must be there. */
export function present(item: Item, span?: Span): Exclude<Item, Missing> {
  if (item instanceof Missing) throw missed(item, span);
  return item;
}
