import type { Cluster } from './cluster.ts';
import { compareMajors } from './versions.ts';

/**
 * The arguments of `initdb` that make a cluster of `version` like the old one: what pg_upgrade compares (encoding and
 * locales before 16, checksums, WAL segment size, install user) and what stays with the directory (group access, a WAL
 * directory of its own).
 */
export function initdbArguments(old: Cluster, version: string, walDirectory: string | undefined): readonly string[] {
  const since = (major: string): boolean => compareMajors(version, major) >= 0;
  const icu = old.localeProvider === 'icu' && since('15');
  const builtin = old.localeProvider === 'builtin' && since('17');
  return [
    `--username=${old.installUser}`,
    `--encoding=${old.encoding}`,
    `--lc-collate=${old.collate}`,
    `--lc-ctype=${old.ctype}`,
    ...(since('15') ? [`--locale-provider=${icu ? 'icu' : builtin ? 'builtin' : 'libc'}`] : []),
    ...(icu && old.icuLocale !== undefined ? [`--icu-locale=${old.icuLocale}`] : []),
    ...(icu && old.icuRules !== undefined && since('16') ? [`--icu-rules=${old.icuRules}`] : []),
    ...(builtin && old.icuLocale !== undefined ? [`--builtin-locale=${old.icuLocale}`] : []),
    // 18 turns checksums on by itself; pg_upgrade refuses two clusters that differ in them.
    ...(old.checksums ? ['--data-checksums'] : since('18') ? ['--no-data-checksums'] : []),
    ...(since('11') ? [`--wal-segsize=${old.walSegmentSize / 1048576}`] : []),
    ...(old.groupAccess && since('11') ? ['--allow-group-access'] : []),
    ...(walDirectory === undefined ? [] : [`--waldir=${walDirectory}`]),
  ];
}
