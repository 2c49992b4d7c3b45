import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One place that packages come from, as far as the lab cares. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

const STANDARD_MIRROR = 'http://deb.debian.org/debian';

/** Reads the one-line format: `deb [options] URI SUITE COMPONENT…`. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (found?.[1] === undefined || found[2] === undefined) return [];
    const components = (found[3] ?? '').split(/\s+/).filter((word) => word !== '');
    return [{ uri: found[1], suites: [found[2]], components }];
  });
}

/** Reads the deb822 format: paragraphs of `Types:`, `URIs:`, `Suites:`, `Components:`. */
export function parseDeb822(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((paragraph) => {
    const words = (field: string): string[] =>
      (new RegExp(`^${field}:((?:.|\\n[ \\t])*)`, 'im').exec(paragraph)?.[1] ?? '')
        .split(/\s+/)
        .filter((word) => word !== '');
    const enabled = words('Enabled')[0]?.toLowerCase() ?? 'yes';
    if (!words('Types').includes('deb') || ['no', 'false', '0'].includes(enabled)) return [];
    return words('URIs').map((uri) => ({ uri, suites: words('Suites'), components: words('Components') }));
  });
}

/**
 * The Debian mirror that this machine uses: the one with its own release in `main`, so that a company's mirror or
 * proxy is used for the lab too. Third-party repositories name suites of their own, the security archive another one.
 */
export function debianMirror(sources: readonly AptSource[], codename: string): string {
  const own = sources.find(
    ({ suites, components, uri }) =>
      suites.includes(codename) &&
      components.includes('main') &&
      /^https?:/.test(uri) &&
      !/security|backports/.test(uri),
  );
  return own?.uri.replace(/\/+$/, '') ?? STANDARD_MIRROR;
}

/** What the controller's own apt is configured with. */
export function controllerSources(folder = '/etc/apt'): AptSource[] {
  const oneLine = join(folder, 'sources.list');
  const parts = join(folder, 'sources.list.d');
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  return [
    ...(existsSync(oneLine) ? parseOneLine(readFileSync(oneLine, 'utf8')) : []),
    ...files.filter((file) => file.endsWith('.list')).flatMap((file) => parseOneLine(readFileSync(file, 'utf8'))),
    ...files.filter((file) => file.endsWith('.sources')).flatMap((file) => parseDeb822(readFileSync(file, 'utf8'))),
  ];
}

/** The code name of the release that runs here, such as bookworm. */
export function controllerCodename(file = '/etc/os-release'): string {
  return /^VERSION_CODENAME=(\S+)/m.exec(existsSync(file) ? readFileSync(file, 'utf8') : '')?.[1] ?? '';
}
