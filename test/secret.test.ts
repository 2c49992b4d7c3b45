import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { expect } from 'chai';
import { runCli } from '../cli/cli.ts';
import { openDiagnostics } from '../cli/diagnostics.ts';
import { jsonRenderer } from '../cli/render/json.ts';
import { plainRenderer } from '../cli/render/plain.ts';
import { PgupError } from '../lib/errors.ts';
import { Events } from '../lib/events.ts';
import { Journal } from '../lib/run/journal.ts';
import { Secret } from '../lib/secret.ts';
import { mutation } from '../lib/shell/fence.ts';
import type { Command, Query } from '../lib/shell/host-shell.ts';
import { quote, raw, sh, type Word } from '../lib/shell/sh.ts';
import { testContext } from './cli/support.ts';

const TEXT = 'hunter2-secret';
const secret = new Secret(TEXT);

/** A secret where none should be: what a careless line of ours could hand on. */
const careless = { password: secret, list: [secret], map: new Map([['k', secret]]), nested: { deep: { er: secret } } };

describe('a secret', () => {
  const ways: readonly (readonly [string, () => string])[] = [
    ['String', () => String(secret)],
    ['a template', () => `${String(secret)}, ${[secret].join(' ')}`],
    ['JSON', () => JSON.stringify(careless)],
    ['inspect', () => inspect(careless, { depth: 9 })],
    ['inspect, all of it', () => inspect(careless, { depth: 9, showHidden: true, getters: true })],
    ['inspect without its own say', () => inspect(careless, { depth: 9, customInspect: false, showHidden: true })],
    ['format', () => format('%s %o %O %j', secret, secret, careless, careless)],
    [
      'its keys',
      () => JSON.stringify([Object.entries(secret), Object.assign({}, secret), Reflect.ownKeys(secret).map(String)]),
    ],
    ['a copy for another thread', () => serialize(Object.assign({}, careless)).toString('latin1')],
    ['an error', () => inspect(new PgupError('internal', `with ${String(secret)}`, { cause: careless }), { depth: 9 })],
    ['an error as JSON', () => JSON.stringify(new PgupError('internal', 'x', { cause: careless }))],
  ];
  for (const [title, print] of ways)
    it(`is not shown by ${title}`, () => {
      const printed = print();
      expect(printed).to.not.include(TEXT);
      expect(printed).to.not.include('hunter2');
    });

  it('prints as ***', () => {
    expect(`${String(secret)} ${JSON.stringify([secret])} ${inspect(secret)}`).to.equal('*** ["***"] ***');
  });

  it('is shown where that is asked for, and cannot be changed', () => {
    expect(secret.reveal()).to.equal(TEXT);
    expect(Object.isFrozen(secret)).to.equal(true);
  });

  describe('is no part of a command', () => {
    it('by its type', () => {
      // Each line below is an error of the compiler; the test is that this file compiles.
      const attempts: readonly (() => unknown)[] = [
        // @ts-expect-error it is not a word
        () => sh`psql ${secret}`,
        // @ts-expect-error not in a list
        () => sh`psql ${['-c', secret]}`,
        // @ts-expect-error not in a list of lists
        () => sh`psql ${[['-c'], [secret]]}`,
        // @ts-expect-error not with its command's shape
        () => sh`psql ${{ kind: 'command', text: secret }}`,
        // @ts-expect-error not as raw text
        () => raw(secret).text.trim(),
        // @ts-expect-error not quoted by hand
        () => quote(secret),
        // @ts-expect-error not as the command itself
        () => mutation({ command: secret, claim: 'unclaimed' }).fenced.text.trim(),
      ];
      for (const attempt of attempts) {
        let made: string;
        try {
          made = inspect(attempt(), { depth: 9 });
        } catch (thrown) {
          made = inspect(thrown);
        }
        expect(made).to.not.include(TEXT);
      }
      // @ts-expect-error nor is it a word at all
      const word: Word = secret;
      // @ts-expect-error or a command
      const command: Command = secret;
      expect([word, command]).to.deep.equal([secret, secret]);
    });

    it('but its input', () => {
      const query: Query = { kind: 'query', command: sh`cat`, stdin: secret };
      const change = mutation({ command: sh`cat`, claim: 'unclaimed', stdin: secret });
      expect(JSON.stringify([query, change])).to.not.include(TEXT);
      expect(change.fenced.text).to.not.include(TEXT);
    });
  });

  it('stands in no journal, event, log or letter', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-secret-'));
    try {
      const [json, plain] = [testContext(), testContext()];
      const events = new Events(() => 0);
      events.subscribe(jsonRenderer(json));
      events.subscribe(plainRenderer(plain));
      const log = join(folder, 'log');
      const diagnostics = await openDiagnostics(log);
      events.subscribe(diagnostics.subscriber);
      const host = { deployment: 'ams', host: 'web1', task: 't', name: 'n' };
      events.emit('task:host', {
        ...host,
        status: 'ok',
        says: String(secret),
        steps: [],
        seconds: 0,
        values: careless,
      });
      events.emit('facts:host', { host: 'web1', status: 'ok', seconds: 0, error: undefined, facts: careless });
      events.emit('note', { level: 'warning', text: format('%o', careless) });
      const journal = new Journal(join(folder, 'journal.jsonl'), () => 7);
      journal.write({ kind: 'deployment', deployment: 'ams', ...careless });
      journal.close();
      await diagnostics.close();
      const written = ['log', 'journal.jsonl'].map((name) => readFileSync(join(folder, name), 'utf8'));
      for (const text of [json.out(), plain.out(), plain.err(), ...written]) {
        expect(text).to.not.include(TEXT);
        expect(text).to.include('***');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not printed with the bug that it was near', async () => {
    const context = testContext({ env: { PGUP_DEBUG: '1' } });
    Object.defineProperty(context, 'cwd', {
      get: () => {
        throw new Error(`bad: ${inspect(careless)}`, { cause: careless });
      },
    });
    expect(await runCli(['ping', '-i', 'x'], context)).to.equal(1);
    expect(context.err()).to.include('***').and.not.include(TEXT);
  });
});
