import type { Span } from './fault.ts';
import type { Argument, Node } from './nodes.ts';
import { FUNCTIONS } from './functions.ts';

export interface NameUse {
  readonly name: string;
  readonly span: Span;
  readonly guarded: boolean;
}

/**
 * The names that expressions read. A name is guarded where `default` or a `defined` test stands on it, and then
 * everywhere in the same expressions: `x is defined and x > 1`.
 */
export function namesIn(nodes: readonly Node[]): readonly NameUse[] {
  const uses: { readonly name: string; readonly span: Span }[] = [];
  const guarded = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === 'name' && node.name !== 'omit') uses.push({ name: node.name, span: node });
    const asks =
      (node.kind === 'filter' && ['default', 'd'].includes(node.name)) ||
      (node.kind === 'test' && /^(?:un)?defined$/.test(node.name));
    if (asks) {
      const root = rootName(node.input);
      if (root !== undefined) guarded.add(root);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  nodes.forEach(visit);
  return uses.map(({ name, span }) => ({ name, span, guarded: guarded.has(name) }));
}

/** The variable that `a.b[0].c` begins with. */
function rootName(node: Node): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind === 'attribute' || node.kind === 'subscript' || node.kind === 'slice') return rootName(node.of);
  return node.kind === 'filter' ? rootName(node.input) : undefined;
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'attribute':
      return [node.of];
    case 'subscript':
      return [node.of, node.index];
    case 'slice':
      return [node.of, node.from, node.to, node.step].filter((each) => each !== undefined);
    case 'call': {
      const called = node.callee.kind === 'name' && FUNCTIONS.has(node.callee.name) ? [] : [node.callee];
      return [...called, ...valuesOf(node.arguments)];
    }
    case 'filter':
    case 'test':
      return [node.input, ...valuesOf(node.arguments)];
    case 'sign':
    case 'not':
      return [node.operand];
    case 'arithmetic':
    case 'logic':
      return [node.left, node.right];
    case 'concatenation':
      return node.parts;
    case 'comparison':
      return [node.first, ...node.links.map((link) => link.operand)];
    case 'choice':
      return [node.condition, node.then, ...(node.otherwise ? [node.otherwise] : [])];
  }
}

function valuesOf(list: readonly Argument[]): readonly Node[] {
  return list.map((each) => each.value);
}
