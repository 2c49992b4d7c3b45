import { parseLines, type Section } from '../../shell/sections.ts';
import type { HealthAddress } from '../application.ts';
import { parseNginx, type Directive } from './nginx.ts';

/** Where a host answers Nautobot's health page, and how that is known. */
export interface FoundHealth {
  readonly address: HealthAddress;
  readonly source: string;
}

/** What the operator's `pgup_health_url` says. */
export function healthFromUrl(url: string): HealthAddress {
  const { hostname, port, pathname, search, protocol, host } = new URL(url);
  const tls = protocol === 'https:';
  const address = hostname.replace(/^\[|\]$/g, '');
  return Object.freeze({
    address,
    port: port === '' ? (tls ? 443 : 80) : Number(port),
    path: pathname + search,
    hostHeader: host,
    tls,
  });
}

/**
 * Found by itself: the server block of nginx that hands requests on to Nautobot's uwsgi; else where uwsgi itself speaks
 * HTTP. `allowedHosts` are Django's: a Host header that is none of them is answered with 400.
 */
export function findHealth(
  sections: readonly Section[],
  path: string,
  allowedHosts: readonly string[],
): FoundHealth | undefined {
  const uwsgi = sections.filter(({ name }) => name === 'uwsgi').map(({ text }) => readUwsgi(text));
  const nginx = sections.filter(({ name }) => name === 'nginx').flatMap(({ text }) => parseNginx(text));
  return healthFromNginx(nginx, uwsgi, path, allowedHosts) ?? healthFromUwsgi(uwsgi, path, allowedHosts);
}

type Uwsgi = ReadonlyMap<string, string>;

function readUwsgi(text: string): Uwsgi {
  return new Map(
    parseLines(text).map((line) => {
      const [key = '', value = ''] = line.split(/=(.*)/s);
      return [key.trim(), value.replace(/\s[;#].*$/, '').trim()];
    }),
  );
}

function healthFromUwsgi(
  all: readonly Uwsgi[],
  path: string,
  allowedHosts: readonly string[],
): FoundHealth | undefined {
  for (const uwsgi of all)
    for (const key of ['http', 'http-socket', 'https', 'https-socket']) {
      const at = listenAddress((uwsgi.get(key) ?? '').split(',')[0] ?? '');
      if (!at) continue;
      const hostHeader = allowedName(allowedHosts) ?? 'localhost';
      const address = Object.freeze({ ...at, path, hostHeader, tls: key.startsWith('https') });
      return { address, source: `${key} in uwsgi.ini` };
    }
  return undefined;
}

function healthFromNginx(
  directives: readonly Directive[],
  uwsgi: readonly Uwsgi[],
  path: string,
  allowedHosts: readonly string[],
): FoundHealth | undefined {
  const http = [...directives, ...directives.filter(({ name }) => name === 'http').flatMap(({ block }) => block)];
  const upstreams = new Map(
    http
      .filter(({ name }) => name === 'upstream')
      .map(({ words, block }) => [
        words[0] ?? '',
        block.filter(({ name }) => name === 'server').map(({ words: [server = ''] }) => server),
      ]),
  );
  const backends = uwsgi.flatMap((each) => [...each.values()].map(backend));
  const candidates = http
    .filter(({ name }) => name === 'server')
    .flatMap((server) => {
      const passes = passesOf(server).flatMap((pass) => upstreams.get(pass) ?? [pass]);
      if (passes.length === 0) return [];
      const ours = passes.some((pass) => backends.includes(backend(pass)));
      return listensOf(server).map((listen) => ({ ...listen, ours, name: serverName(server, allowedHosts) }));
    });
  // the block that passes to the uwsgi of Nautobot's own unit; where that is not known, the only one that passes on
  const best = candidates.find(({ ours }) => ours) ?? (backends.length === 0 ? candidates[0] : undefined);
  if (!best) return undefined;
  const hostHeader = best.name ?? allowedName(allowedHosts) ?? 'localhost';
  const { address, port, tls } = best;
  return { address: Object.freeze({ address, port, path, hostHeader, tls }), source: "nginx's configuration" };
}

/** What `location` blocks of a server hand requests on to: `127.0.0.1:8001`, `unix:/run/x.sock`, an upstream's name. */
function passesOf({ block }: Directive): readonly string[] {
  return block.flatMap((each): readonly string[] => {
    if (each.name === 'location') return passesOf(each);
    const [target = ''] = each.words;
    if (each.name === 'uwsgi_pass') return [target];
    return each.name === 'proxy_pass' ? [target.replace(/^https?:\/\//, '').replace(/\/.*$/, '')] : [];
  });
}

function listensOf({ block }: Directive): readonly { address: string; port: number; tls: boolean }[] {
  const listens = block.filter(({ name }) => name === 'listen');
  if (listens.length === 0) return [{ address: '127.0.0.1', port: 80, tls: false }];
  return listens.flatMap(({ words }) => {
    const at = listenAddress(words[0] ?? '');
    return at ? [{ ...at, tls: words.includes('ssl') }] : [];
  });
}

/** `8080`, `:8080`, `*:80`, `0.0.0.0:8080`, `[::]:443`, `10.0.0.1:80`: as the host itself reaches it. */
function listenAddress(text: string): { address: string; port: number } | undefined {
  const [, host = '', port = ''] = /^(?:(.*):)?(\d+)$/.exec(text.trim()) ?? [];
  if (port === '') return undefined;
  const bare = host.replace(/^\[|\]$/g, '');
  const address = ['', '*', '0.0.0.0', 'localhost'].includes(bare) ? '127.0.0.1' : bare === '::' ? '::1' : bare;
  return { address, port: Number(port) };
}

/** A name that both nginx and Django take. */
function serverName({ block }: Directive, allowedHosts: readonly string[]): string | undefined {
  const names = block
    .filter(({ name }) => name === 'server_name')
    .flatMap(({ words }) => words)
    .filter((name) => /^[a-z0-9.-]+$/i.test(name) && name !== '_');
  return names.find((name) => allows(allowedHosts, name)) ?? (allowedHosts.length === 0 ? names[0] : undefined);
}

function allows(allowedHosts: readonly string[], name: string): boolean {
  return allowedHosts.some((each) => each === '*' || each === name || (each.startsWith('.') && name.endsWith(each)));
}

/** A name that Django takes, where it does not take all. */
function allowedName(allowedHosts: readonly string[]): string | undefined {
  if (allowedHosts.includes('*')) return undefined;
  return allowedHosts.find((each) => !each.startsWith('.')) ?? allowedHosts[0]?.replace(/^\./, '');
}

/** One spelling for an address that uwsgi listens on and nginx passes to. */
function backend(text: string): string {
  const at = listenAddress(text.split(',')[0] ?? '');
  return at ? `${at.address}:${at.port}` : text.replace(/^unix:/, '').replace(/:$/, '');
}
