/** One thing that stands in the way of an upgrade, or is worth knowing before it. */
export interface Finding {
  readonly kind: 'finding';
  /** `blocks` stops before anything changes; `notice` is printed. */
  readonly weight: 'blocks' | 'notice';
  readonly host: string;
  /** Stable slug: `standby`, `missing-library`, `pending-migrations`, … (docs/checks.md). */
  readonly check: string;
  /** What is there and why it matters. */
  readonly text: string;
  /** What to type or set. */
  readonly next?: string;
}

export function finding(host: string, check: string, text: string, next?: string): Finding {
  return Object.freeze({ kind: 'finding', weight: 'blocks', host, check, text, ...(next ? { next } : {}) });
}

export function notice(host: string, check: string, text: string, next?: string): Finding {
  return Object.freeze({ kind: 'finding', weight: 'notice', host, check, text, ...(next ? { next } : {}) });
}
