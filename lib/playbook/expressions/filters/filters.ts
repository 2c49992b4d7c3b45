import type { Filter } from '../call.ts';
import { dataFilters } from './data.ts';
import { listFilters } from './lists.ts';
import { mapFilters } from './maps.ts';
import { numberFilters } from './numbers.ts';
import { regexFilters } from './regex.ts';
import { selectFilters } from './select.ts';
import { textFilters } from './text.ts';
import { valueFilters } from './values.ts';

/** Every filter by the name that expressions call it by. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map(
  Object.entries({
    ...textFilters,
    ...regexFilters,
    ...numberFilters,
    ...listFilters,
    ...selectFilters,
    ...mapFilters,
    ...valueFilters,
    ...dataFilters,
  }),
);
