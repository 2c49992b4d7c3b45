import { z } from 'zod';
import { isValueList, type Value, type ValueMap } from '../../inventory/inventory.ts';
import { evaluate } from '../../playbook/expressions.ts';
import { parseJson } from '../../playbook/expressions/json.ts';
import { Secret } from '../../secret.ts';
import { answers, fileAnswer, lines, testAnswer } from '../../shell/answers.ts';
import type { Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { HttpRequest, Input, Module } from '../module.ts';
import { boolean, choice, integer, secretText, text } from './arguments.ts';
import { codeOf, judgedLater, outOf } from './results.ts';

const schema = z.strictObject({
  url: text('the address, as the host itself reaches it'),
  method: text('the method').default('GET'),
  body: z.unknown().describe('what is sent').optional(),
  body_format: choice(['raw', 'json', 'form-urlencoded'], 'how the body is written').default('raw'),
  headers: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.instanceof(Secret)]))
    .describe('headers by name')
    .default({}),
  status_code: z
    .union([z.array(z.union([z.number(), z.string()])), z.number(), z.string()], {
      error: 'takes a status or a list of them',
    })
    .transform((value) => (Array.isArray(value) ? value : String(value).split(',')).map(Number))
    .describe('the statuses that are success')
    .default([200]),
  return_content: boolean('register what was answered').default(false),
  timeout: integer('seconds for the answer').default(30),
  url_username: text('the user to log in as').optional(),
  user: text('the same as url_username').optional(),
  url_password: secretText('the password').optional(),
  password: secretText('the same as url_password').optional(),
  force_basic_auth: boolean('accepted: credentials are always sent with the first request').default(false),
  validate_certs: boolean("judge the server's certificate by the host's authorities").default(true),
  follow_redirects: z
    .union([z.boolean(), z.enum(['all', 'safe', 'none', 'urllib2', 'yes', 'no'])], { error: 'takes all, safe or none' })
    .describe('which redirections are followed')
    .default('safe'),
  creates: text('a path: where it is there, nothing is asked').optional(),
  removes: text('a path: where it is not there, nothing is asked').optional(),
  http_agent: text('what it calls itself').default('pgup'),
  force: boolean('accepted: nothing is cached').default(false),
});

type Arguments = z.output<typeof schema>;

/** Where Debian and Red Hat keep the authorities that a host trusts. */
const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

/** Asks a web server, from the host. */
export const uri: Module<Arguments> = {
  name: 'uri',
  summary: 'Sends an HTTP request from the host and judges the answer. Nothing is needed on the host for it.',
  schema,
  verbatim: true,
  scope: 'host',
  generic: true,
  paths: ['creates', 'removes'],
  read: ({ arguments: { url, validate_certs: validates, creates, removes } }) => {
    const questions = [
      ...(creates === undefined ? [] : [testAnswer('creates', sh`[ -e ${creates} ]`)]),
      ...(removes === undefined ? [] : [testAnswer('removes', sh`[ -e ${removes} ]`)]),
      ...(validates && url.startsWith('https:')
        ? AUTHORITIES.map((path, index) => fileAnswer(`authorities${index}`, path))
        : []),
    ];
    return questions.length === 0 ? undefined : { kind: 'query', command: lines(...questions) };
  },
  decide: ({ arguments: args }, facts) => {
    const found = facts ? answers(facts) : new Map<string, string>();
    const { creates, removes, url, timeout, method } = args;
    if (creates !== undefined && found.has('creates'))
      return {
        kind: 'nothing',
        reason: `not asked: ${creates} is there`,
        values: { stdout: `skipped, since '${creates}' exists` },
      };
    if (removes !== undefined && !found.has('removes'))
      return {
        kind: 'nothing',
        reason: `not asked: ${removes} is not there`,
        values: { stdout: `skipped, since '${removes}' does not exist` },
      };
    const authorities = found.get('authorities0') ?? found.get('authorities1');
    const request = requestOf(args, authorities);
    if (typeof request === 'string')
      return { kind: 'failed', says: request, values: { status: -1, url, redirected: false, elapsed: 0 } };
    const deadline = timeout * 1000;
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'http',
          says: `${method.toUpperCase()} ${url}`,
          request,
          every: deadline + 1,
          deadline,
          judge: judgedLater,
        },
      ],
    };
  },
  report: ({ arguments: args }, [result], { began, ended }) => {
    const elapsed = Math.floor((ended - began) / 1000);
    if (!result || codeOf(result) !== 0) {
      const msg = `Status code was -1 and not ${shown(args.status_code)}: Request failed: ${result ? outOf(result) : ''}`;
      return { changed: false, failed: msg, values: { status: -1, url: args.url, redirected: false, elapsed, msg } };
    }
    return judged(args, result, elapsed);
  },
};

function requestOf(args: Arguments, authorities: string | undefined): HttpRequest | string {
  let url: URL;
  try {
    url = new URL(args.url);
  } catch {
    return `"${args.url}" is no URL`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `"${args.url}" is neither http nor https`;
  const tls = url.protocol === 'https:';
  if (tls && args.validate_certs && authorities === undefined)
    return 'the host has no list of certificate authorities to judge by: set "validate_certs: false", or install ca-certificates';
  const { body, type } = bodyOf(args);
  const user = args.url_username ?? args.user ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const password = args.url_password ?? args.password ?? decodeURIComponent(url.password);
  const credentials =
    user === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:${open(password)}`).toString('base64')}` };
  const given = Object.entries(args.headers).map(
    ([name, value]) => [name, value instanceof Secret ? value.reveal() : String(value)] as const,
  );
  const named = new Set(given.map(([name]) => name.toLowerCase()));
  const follow = followed(args.follow_redirects);
  return {
    address: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    tls,
    ...(tls && args.validate_certs && authorities !== undefined ? { authorities } : {}),
    method: args.method.toUpperCase(),
    timeout: args.timeout * 1000,
    headers: {
      'user-agent': args.http_agent,
      ...(type === undefined || named.has('content-type') ? {} : { 'content-type': type }),
      ...credentials,
      ...Object.fromEntries(given),
    },
    ...(body === undefined ? {} : { body }),
    ...(follow === undefined ? {} : { follow }),
  };
}

function followed(wanted: Arguments['follow_redirects']): 'safe' | 'all' | undefined {
  if (wanted === false || wanted === 'none' || wanted === 'no') return undefined;
  return wanted === 'all' || wanted === true || wanted === 'yes' ? 'all' : 'safe';
}

/** Fields of a form: a mapping, or a list of pairs. A list as a value is a field that is there several times. */
function pairsOf(value: Value): readonly (readonly [string, Value])[] {
  const pairs = isValueList(value)
    ? value.flatMap((each): readonly (readonly [string, Value])[] =>
        isValueList(each) && typeof each[0] === 'string' ? [[each[0], each[1] ?? '']] : [],
      )
    : Object.entries(value as ValueMap);
  return pairs.flatMap(([name, each]) =>
    isValueList(each) ? each.map((one) => [name, one] as const) : [[name, each] as const],
  );
}

function open(text: Input): string {
  return text instanceof Secret ? text.reveal() : String(text);
}

function bodyOf({ body, body_format: format }: Arguments): { readonly body?: Input; readonly type?: string } {
  if (body === undefined || body === null) return {};
  const value = body as Value;
  if (format === 'form-urlencoded' && typeof value === 'object' && value !== null && !(value instanceof Secret)) {
    const pairs = new URLSearchParams();
    for (const [name, each] of pairsOf(value)) pairs.append(name, open(textOf(each)));
    return { body: new Secret(pairs.toString()), type: 'application/x-www-form-urlencoded' };
  }
  const type =
    format === 'json'
      ? { type: 'application/json' }
      : format === 'raw'
        ? {}
        : { type: 'application/x-www-form-urlencoded' };
  if (typeof value === 'string' || value instanceof Secret)
    return { body: value, type: 'application/x-www-form-urlencoded', ...type };
  return { body: textOf(value, 'to_json'), ...type };
}

/** Text in the encoding that the answer says it is in; UTF-8 where it says none, or one that nobody knows. */
function decoded(bytes: Uint8Array, type = ''): string {
  const label = /charset="?([\w.:-]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('utf8');
  }
}

/** A value as a filter writes it; what is made of a secret stays one. */
function textOf(value: Value, filter: 'to_json' | 'string' = 'string'): string | Secret {
  const scope = { lookup: () => value, names: () => ['value'] };
  const at = { file: 'body', line: 1, column: 1 };
  const written = evaluate({ kind: 'expression', text: `value | ${filter}`, at }, scope);
  return typeof written === 'string' || written instanceof Secret ? written : '';
}

function judged(
  args: Arguments,
  result: Result,
  elapsed: number,
): { changed: boolean; failed?: string; values: ValueMap } {
  const text = outOf(result);
  const end = text.indexOf('\n\n');
  const [head = '', ...fields] = text.slice(0, end).split('\n');
  const content = decoded(
    result.stdout.subarray(Buffer.byteLength(text.slice(0, end + 2))),
    headersOf(fields)['content_type'],
  );
  const [, code = '0', reason = ''] = /^HTTP\/\S+ (\d+) ?(.*)$/.exec(head) ?? [];
  const status = Number(code);
  const headers = headersOf(fields);
  const answered = result.stderr.toString('utf8');
  const json = jsonOf(headers['content_type'] ?? '', content);
  const good = args.status_code.includes(status);
  const size = headers['content_length'] ?? 'unknown';
  const refused = status >= 300;
  const text1 = refused ? `HTTP Error ${status}: ${reason}` : `OK (${size} bytes)`;
  const msg = good ? text1 : `Status code was ${status} and not ${shown(args.status_code)}: ${text1}`;
  const location = headers['location'] === undefined ? {} : { location: new URL(headers['location'], args.url).href };
  const cookies = cookiesOf(fields);
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const values: ValueMap = {
    ...headers,
    ...location,
    ...(refused ? {} : { cookies, cookies_string: pairs.join('; ') }),
    // what is no success but accepted stands under another name, as with Ansible
    ...(refused && good && !args.return_content ? { body: content } : {}),
    status,
    url: answered === '' ? args.url : answered,
    redirected: answered !== '' && answered !== args.url,
    elapsed,
    msg,
    ...(json === undefined ? {} : { json }),
    ...(args.return_content ? { content } : {}),
  };
  return { changed: false, values, ...(good ? {} : { failed: msg }) };
}

/** Headers as variables are named: lower case, with `_`. Repeated ones are joined. */
function headersOf(fields: readonly string[]): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const field of fields) {
    const at = field.indexOf(':');
    const name = field.slice(0, at).trim().toLowerCase().replaceAll('-', '_');
    const value = field.slice(at + 1).trim();
    const before = found.get(name);
    found.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(found);
}

function cookiesOf(fields: readonly string[]): Readonly<Record<string, string>> {
  const pairs = fields.flatMap((field): readonly (readonly [string, string])[] => {
    const [, name, value] = /^set-cookie:\s*([^=;]+)=([^;]*)/i.exec(field) ?? [];
    return name === undefined ? [] : [[name, value ?? '']];
  });
  return Object.fromEntries(pairs);
}

function jsonOf(type: string, content: string): Value | undefined {
  if (!/^(?:application|text)\/(?:[\w.+-]+\+)?json\b/i.test(type)) return undefined;
  try {
    return parseJson(content) as Value;
  } catch {
    return undefined;
  }
}

function shown(statuses: readonly number[]): string {
  return `[${statuses.join(', ')}]`;
}
