import type { Span } from './fault.ts';
import type { Item } from './items.ts';
import type { Operator } from './numbers.ts';

/** A parsed expression. Every node knows where it stands. */
export type Node = Span &
  (
    | { readonly kind: 'literal'; readonly value: Item }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'list'; readonly items: readonly Node[] }
    | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
    /** `of.name`, or `of.0`. */
    | { readonly kind: 'attribute'; readonly of: Node; readonly name: string }
    | { readonly kind: 'subscript'; readonly of: Node; readonly index: Node }
    | {
        readonly kind: 'slice';
        readonly of: Node;
        readonly from: Node | undefined;
        readonly to: Node | undefined;
        readonly step: Node | undefined;
      }
    | { readonly kind: 'call'; readonly callee: Node; readonly arguments: readonly Argument[] }
    | { readonly kind: 'filter'; readonly input: Node; readonly name: string; readonly arguments: readonly Argument[] }
    | {
        readonly kind: 'test';
        readonly input: Node;
        readonly name: string;
        readonly negated: boolean;
        readonly arguments: readonly Argument[];
      }
    | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Node }
    | { readonly kind: 'not'; readonly operand: Node }
    | { readonly kind: 'arithmetic'; readonly operator: Operator; readonly left: Node; readonly right: Node }
    | { readonly kind: 'concatenation'; readonly parts: readonly Node[] }
    /** `first < second <= third`: each link compares with the operand before it. */
    | { readonly kind: 'comparison'; readonly first: Node; readonly links: readonly Link[] }
    | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Node; readonly right: Node }
    | {
        readonly kind: 'choice';
        readonly condition: Node;
        readonly then: Node;
        readonly otherwise: Node | undefined;
      }
  );

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Link {
  readonly operator: Comparison;
  readonly operand: Node;
}

/** An argument of a call, filter or test; `name` for `name=value`, `spread` for `*list` and `**mapping`. */
export interface Argument {
  readonly value: Node;
  readonly name?: string;
  readonly spread?: '*' | '**';
}
