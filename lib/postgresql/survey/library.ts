import { parseLines, posix } from '../../shell/sections.ts';

/** A shared library that functions of the old cluster live in or that it preloads, and where it is for both majors. */
export interface Library {
  /** As pg_proc or the setting names it: `$libdir/pg_trgm`, `pg_stat_statements`, `/opt/x.so`. */
  readonly library: string;
  /** The file that the old server loads. */
  readonly file: string;
  readonly there: boolean;
  /** The Debian package that the file came with; undefined where none owns it. */
  readonly package: string | undefined;
  /** Whether the target's library folder has a file of the same name. */
  readonly inTarget: boolean;
}

/** `survey_libraries`: names on standard input; `version` and `TARGET` are the majors. */
export const LIBRARY_SCRIPT = posix`
survey_libraries() {
  while read -r library; do
    case $library in
      '') continue;;
      '$libdir/'*) file=/usr/lib/postgresql/$version/lib/\${library#'$libdir/'};;
      /*) file=$library;;
      *) file=/usr/lib/postgresql/$version/lib/$library;;
    esac
    case $file in *.so) ;; *) file=$file.so;; esac
    there=no; if [ -e "$file" ]; then there=yes; fi
    case $file in
      "/usr/lib/postgresql/$version/lib/"*) new=/usr/lib/postgresql/$TARGET/lib/\${file#"/usr/lib/postgresql/$version/lib/"};;
      *) new=$file;;
    esac
    target=no; if [ -e "$new" ]; then target=yes; fi
    owner=$(bounded 20 dpkg-query -S "$(readlink -f "$file")" 2>/dev/null | sed -n '1s/[:,].*//p')
    if [ -z "$owner" ]; then owner=$(bounded 20 dpkg-query -S "$file" 2>/dev/null | sed -n '1s/[:,].*//p'); fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$library" "$file" "$there" "$owner" "$target"
  done
}
`;

export function parseLibraries(text: string): readonly Library[] {
  return parseLines(text).map((line) => {
    const [library = '', file = '', there = '', owner = '', target = ''] = line.split('\t');
    return Object.freeze({
      library,
      file,
      there: there === 'yes',
      package: owner || undefined,
      inTarget: target === 'yes',
    });
  });
}

/** The name without folder and ending: `$libdir/postgis-3.so` → `postgis-3`. */
export function bareLibrary(library: string): string {
  return library.replace(/^.*\//, '').replace(/\.so$/, '');
}

/** The package that ships for `target` what `owner` ships for `version`: `postgresql-15-cron` → `postgresql-17-cron`. */
export function counterpartPackage(owner: string, version: string, target: string): string | undefined {
  const parts = owner.split('-');
  const at = parts.indexOf(version);
  return owner.startsWith('postgresql') && at > 0 ? parts.with(at, target).join('-') : undefined;
}
