/**
 * What one running cluster says of itself, as one JSON object on a line that starts with `J `; its databases that take
 * connections, one a line (`D OID NAME`); and the libraries that it preloads, one a line (`L NAME`). Read by psql 10 or later; changes nothing. Columns that not every
 * version has are taken through `to_jsonb`, which gives null where there is none; functions through `\if`.
 */
export const CLUSTER_SQL = String.raw`\set ON_ERROR_STOP on
SELECT current_setting('server_version_num')::int >= 150000 AS has_versions,
       coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false) AS is_super \gset
\if :has_versions
  \set collation_now 'pg_database_collation_actual_version(d.oid)'
\else
  \set collation_now 'NULL::text'
\endif
\if :is_super
  SET lc_messages = 'C';
  \set md5_roles '(SELECT count(*) FROM pg_authid WHERE rolcanlogin AND rolpassword LIKE \'md5%\')'
  \set hba '(SELECT json_agg(json_build_object(\'line\', line_number, \'type\', type, \'databases\', database, \'users\', user_name, \'address\', address, \'method\', auth_method, \'error\', error)) FROM (SELECT * FROM pg_hba_file_rules ORDER BY line_number LIMIT 200) h)'
  \set file_errors '(SELECT json_agg(json_build_object(\'file\', sourcefile, \'line\', sourceline, \'name\', name, \'error\', error)) FROM (SELECT * FROM pg_file_settings WHERE error <> \'setting could not be applied\' LIMIT 20) f)'
\else
  \set md5_roles 'NULL::int'
  \set hba 'NULL::json'
  \set file_errors 'NULL::json'
\endif
SELECT 'J ' || replace(json_build_object(
  'version', current_setting('server_version'),
  'versionNumber', current_setting('server_version_num')::int,
  'superuser', :'is_super'::bool,
  'inRecovery', pg_is_in_recovery(),
  'systemIdentifier', (SELECT system_identifier::text FROM pg_control_system()),
  'walSegmentSize', (SELECT bytes_per_wal_segment FROM pg_control_init()),
  'installUser', (SELECT rolname FROM pg_roles WHERE oid = 10),
  'roles', (SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_'),
  'md5Roles', :md5_roles,
  'oddNames', (SELECT json_agg(name) FROM (
      SELECT datname::text AS name FROM pg_database UNION ALL SELECT rolname FROM pg_roles
      UNION ALL SELECT spcname FROM pg_tablespace) n WHERE name ~ E'[\n\r]'),
  'databases', (SELECT json_agg(json_build_object(
      'oid', d.oid::bigint, 'name', d.datname, 'owner', pg_get_userbyid(d.datdba), 'size', pg_database_size(d.oid),
      'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
      'provider', coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
      'locale', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'),
      'rules', to_jsonb(d)->>'daticurules',
      'template', d.datistemplate, 'allowsConnections', d.datallowconn, 'limit', d.datconnlimit,
      'collationVersion', to_jsonb(d)->>'datcollversion', 'collationNow', :collation_now) ORDER BY d.datname)
    FROM pg_database d),
  'sessions', (SELECT json_agg(s) FROM (
      SELECT pid, usename AS role, datname AS database, host(client_addr) AS address, application_name AS application
        FROM pg_stat_activity
       -- sessions of ours: another deployment's survey may look at the same cluster at the same time
       WHERE backend_type = 'client backend' AND NOT (application_name = 'pgup' AND client_addr IS NULL) ORDER BY backend_start LIMIT 200) s),
  'senders', (SELECT json_agg(s) FROM (
      SELECT pid, usename AS role, host(client_addr) AS address, application_name AS application, state,
             sync_state AS sync FROM pg_stat_replication LIMIT 50) s),
  'slots', (SELECT json_agg(s) FROM (
      SELECT slot_name AS name, slot_type AS type, plugin, database, active, temporary
        FROM pg_replication_slots LIMIT 50) s),
  'subscriptions', (SELECT json_agg(s) FROM (
      SELECT x.subname AS name, d.datname AS database, x.subenabled AS enabled
        FROM pg_subscription x JOIN pg_database d ON d.oid = x.subdbid LIMIT 50) s),
  'tablespaces', (SELECT json_agg(json_build_object(
      'name', spcname, 'location', pg_tablespace_location(oid), 'size', pg_tablespace_size(oid)))
    FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
  'prepared', (SELECT json_agg(json_build_object('gid', gid, 'database', database, 'owner', owner))
    FROM (SELECT * FROM pg_prepared_xacts LIMIT 50) p),
  'roleSettings', (SELECT json_agg(s) FROM (
      SELECT r.rolname AS role, d.datname AS database, c.setting
        FROM pg_db_role_setting x CROSS JOIN LATERAL unnest(x.setconfig) AS c(setting)
        LEFT JOIN pg_roles r ON r.oid = x.setrole LEFT JOIN pg_database d ON d.oid = x.setdatabase
       -- names with a dot are extensions' and applications' own, and may hold anything
       WHERE split_part(c.setting, '=', 1) NOT LIKE '%.%' LIMIT 200) s),
  'settings', (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN (
      'data_directory', 'config_file', 'hba_file', 'ident_file', 'external_pid_file', 'port', 'listen_addresses',
      'unix_socket_directories', 'unix_socket_permissions', 'shared_preload_libraries', 'session_preload_libraries',
      'local_preload_libraries', 'dynamic_library_path', 'max_connections', 'max_wal_size', 'min_wal_size',
      'shared_buffers', 'huge_pages', 'archive_mode', 'archive_library', 'wal_level', 'max_locks_per_transaction',
      'password_encryption', 'data_checksums', 'data_directory_mode', 'log_directory', 'logging_collector', 'ssl',
      'synchronous_standby_names', 'default_transaction_read_only', 'jit', 'cluster_name')),
  'archiveCommand', (SELECT substring(setting from '\S+') FROM pg_settings
      WHERE name = 'archive_command' AND setting NOT IN ('', '(disabled)')),
  'pendingRestart', (SELECT json_agg(name) FROM pg_settings WHERE pending_restart),
  'settingFiles', (SELECT json_agg(DISTINCT sourcefile) FROM pg_settings WHERE sourcefile IS NOT NULL),
  'fileErrors', :file_errors,
  'hba', :hba
)::text, E'\n', ' ');
SELECT 'L ' || btrim(library, ' "')
  FROM pg_settings, regexp_split_to_table(setting, ',') AS library
 WHERE pg_settings.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries')
   AND btrim(library, ' "') <> '';
SELECT 'D ' || oid || ' ' || datname FROM pg_database
 WHERE datallowconn AND datconnlimit <> -2 AND datname <> 'template0' AND datname !~ E'[\n\r]' ORDER BY oid;
`;
