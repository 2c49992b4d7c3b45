/**
 * What one database holds that pg_upgrade or a new major would trip over: one JSON object on a line that starts with
 * `J `, and every library that its functions live in, one a line that starts with `L `. Changes nothing.
 *
 * The predicates are those of pg_upgrade's own checks, which stop at the first failure, and in part only run once the
 * old server is stopped. Which of them matter for a pair of versions is decided where the findings are made. Lists are
 * cut at 20 rows; `count` says how many there are.
 */
export const DATABASE_SQL = String.raw`\set ON_ERROR_STOP on
SELECT 'J ' || replace(json_build_object(
  'relations', (SELECT count(*) FROM pg_class),
  'largeObjects', (SELECT count(*) FROM pg_largeobject_metadata),
  'publications', (SELECT count(*) FROM pg_publication),
  'extensions', (SELECT json_agg(json_build_object('name', extname, 'version', extversion)) FROM pg_extension),

  'libraries', (SELECT json_agg(l) FROM (
      SELECT p.probin AS library, e.extname AS extension, count(*) AS functions,
             min(format('%I.%I', n.nspname, p.proname)) AS example
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        LEFT JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
       WHERE p.prolang = 13 AND p.probin IS NOT NULL AND p.oid >= 16384
       GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 200) l),

  -- stored columns of types that cannot be carried: the types themselves, then whatever is built from them
  'columns', (
    WITH RECURSIVE bad(reason, type) AS (
      SELECT CASE WHEN t.typtype = 'c' THEN 'system-defined composite' ELSE t.typname::text END, t.oid
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
       WHERE (t.typtype = 'c' AND (t.oid < 16384 OR n.nspname = 'information_schema'))
          OR (n.nspname = 'information_schema' AND t.typname = 'sql_identifier')
          OR (n.nspname = 'pg_catalog' AND t.typtype <> 'c' AND t.typname IN (
                'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc',
                'regprocedure', 'aclitem', 'unknown', 'abstime', 'reltime', 'tinterval'))
    ), built(type, part) AS (
      SELECT oid, typbasetype FROM pg_type WHERE typtype = 'd'
       UNION ALL SELECT oid, typelem FROM pg_type WHERE typtype = 'b' AND typelem <> 0
       UNION ALL SELECT rngtypid, rngsubtype FROM pg_range
       UNION ALL SELECT c.reltype, a.atttypid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                  WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped
    ), reached(reason, type) AS (
      SELECT reason, type FROM bad UNION SELECT r.reason, b.type FROM reached r JOIN built b ON b.part = r.type
    )
    SELECT json_agg(x) FROM (
      SELECT r.reason, count(*) AS count,
             (array_agg(format('%I.%I.%I', n.nspname, c.relname, a.attname)))[1:20] AS rows
        FROM reached r
        JOIN pg_attribute a ON a.atttypid = r.type AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'i')
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast_)?temp_'
       GROUP BY r.reason ORDER BY r.reason) x),

  'oids', (SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT c.oid::regclass::text AS name FROM pg_class c
       WHERE c.relkind = 'r' AND c.oid >= 16384 AND to_jsonb(c)->>'relhasoids' = 'true') x),
  'postfix', (SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT oid::regoperator::text AS name FROM pg_operator
       WHERE oprright = 0 AND oprleft <> 0 AND oid >= 16384) x),
  'conversions', (SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT format('%I.%I', n.nspname, c.conname) AS name
        FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.oid >= 16384) x),

  -- aggregates and operators of users over array functions whose arguments changed their type with 14
  'polymorphic', (
    WITH changed AS (
      SELECT to_regprocedure(signature)::oid AS function FROM unnest(ARRAY[
        'array_append(anyarray,anyelement)', 'array_cat(anyarray,anyarray)', 'array_prepend(anyelement,anyarray)',
        'array_remove(anyarray,anyelement)', 'array_replace(anyarray,anyelement,anyelement)',
        'array_position(anyarray,anyelement)', 'array_position(anyarray,anyelement,integer)',
        'array_positions(anyarray,anyelement)', 'width_bucket(anyelement,anyarray)']) AS signature)
    SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT g.aggfnoid::regprocedure::text AS name FROM pg_aggregate g
       WHERE g.aggfnoid::oid >= 16384 AND g.aggtranstype IN ('anyarray'::regtype, 'anyelement'::regtype)
         AND (g.aggtransfn::oid IN (SELECT function FROM changed) OR g.aggfinalfn::oid IN (SELECT function FROM changed))
       UNION ALL
      SELECT o.oid::regoperator::text FROM pg_operator o
       WHERE o.oid >= 16384 AND o.oprleft IN ('anyarray'::regtype, 'anyelement'::regtype)
         AND o.oprcode::oid IN (SELECT function FROM changed)) x),

  'notNull', (SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT format('%s.%I', c.attrelid::regclass, c.attname) AS name
        FROM pg_inherits i
        JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attnum > 0 AND NOT p.attisdropped
        JOIN pg_attribute c ON c.attrelid = i.inhrelid AND c.attname = p.attname AND NOT c.attisdropped
       WHERE p.attnotnull AND NOT c.attnotnull) x),
  'unloggedPartitioned', (SELECT json_build_object('count', count(*), 'rows', (array_agg(name))[1:20]) FROM (
      SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'p' AND relpersistence = 'u') x),
  -- columns of system views that views of users read: a major may take them away (catalogs themselves are pinned,
  -- what depends on them is not recorded)
  'systemColumns', (SELECT json_agg(x) FROM (
      SELECT DISTINCT format('%I.%I', n.nspname, v.relname) AS view, t.relname || '.' || a.attname AS column
        FROM pg_depend d
        JOIN pg_rewrite r ON r.oid = d.objid
        JOIN pg_class v ON v.oid = r.ev_class AND v.oid >= 16384
        JOIN pg_namespace n ON n.oid = v.relnamespace
        JOIN pg_class t ON t.oid = d.refobjid AND t.relnamespace = 'pg_catalog'::regnamespace AND t.relkind = 'v'
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
       WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
         AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = v.oid AND e.deptype = 'e')
       LIMIT 500) x),
  'staleCollations', (SELECT json_agg(format('%I.%I', n.nspname, c.collname))
      FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
     WHERE c.collversion IS NOT NULL AND c.collversion <> pg_collation_actual_version(c.oid))
)::text, E'\n', ' ');
SELECT DISTINCT 'L ' || probin FROM pg_proc WHERE prolang = 13 AND probin IS NOT NULL AND oid >= 16384;
`;
