import { z } from 'zod';

const list = <Type extends z.ZodType>(item: Type) =>
  z
    .array(item)
    .nullish()
    .transform((items): readonly z.output<Type>[] => items ?? []);

/** Rows that a check found: how many there are, and the first 20. */
const found = z
  .object({ count: z.number(), rows: list(z.string()) })
  .transform(({ count, rows }) => Object.freeze({ count, rows }));
export type Found = z.output<typeof found>;

/** What one database holds, as DATABASE_SQL tells it. */
export const databaseFacts = z.object({
  relations: z.number(),
  largeObjects: z.number(),
  publications: z.number(),
  extensions: list(z.object({ name: z.string(), version: z.string() })),
  /** Libraries that functions of users and extensions live in. */
  libraries: list(
    z.object({
      library: z.string(),
      extension: z.string().nullable(),
      functions: z.number(),
      example: z.string(),
    }),
  ),
  /** Stored columns of types that cannot be carried, by type. */
  columns: list(z.object({ reason: z.string(), count: z.number(), rows: list(z.string()) })),
  oids: found,
  postfix: found,
  conversions: found,
  polymorphic: found,
  notNull: found,
  unloggedPartitioned: found,
  /** Columns of system views that views of users read. */
  systemColumns: list(z.object({ view: z.string(), column: z.string() })),
  staleCollations: list(z.string()),
});
export type DatabaseFacts = z.output<typeof databaseFacts>;

export { list };
