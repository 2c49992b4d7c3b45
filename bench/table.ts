import { verdictOf, type Promised, type Table } from './benchmark.ts';
import type { Taken } from './interleave.ts';
import { median, medianRange } from './statistics.ts';

/** A table in Markdown, its columns aligned. */
export function drawTable({ title, columns, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => align(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [...(title === undefined ? [] : [`${title}\n`]), line(columns), rule, ...rows.map(line)].join('\n');
}

function align(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** Every promise with its limit beside it, and how sure its figure is. */
export function promiseTable(promises: readonly Promised[]): Table {
  return {
    columns: ['promise', 'measured', 'of rounds', 'between', 'limit', ''],
    rows: promises.map((each) => [
      each.says,
      `${figure(median(each.values))} ${each.unit}`,
      String(each.values.length),
      medianRange(each.values).map(figure).join(' and '),
      `${each.limit.kind} ${figure(each.limit.bound)} ${each.unit}`,
      verdictOf(each),
    ]),
  };
}

/** Whole processes beside one another. */
export function processTable(sides: Iterable<Taken>): Table {
  return {
    columns: ['whole process', 'seconds, median', 'least', 'processor seconds', 'peak MB'],
    rows: [...sides].map(({ name, wall, best, cpu, memory }) => [
      name,
      wall.toFixed(3),
      best.toFixed(3),
      cpu.toFixed(3),
      (memory / 1e6).toFixed(0),
    ]),
  };
}

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 6))));
}
