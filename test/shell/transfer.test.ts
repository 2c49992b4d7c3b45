import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../lib/secret.ts';
import type { HostShell, Progress, Upload } from '../../lib/shell/host-shell.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { errorOf, useSshd } from '../support/line.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { NETWORKED, type Networked } from '../transport/ways.ts';

const MEGABYTE = 1024 * 1024;

for (const way of Object.keys(NETWORKED) as Networked[]) {
  describe(`shell: transfer by ${way}`, () => {
    const sshd = useSshd();
    let here = '';
    let there = '';
    const shells: HostShell[] = [];
    const proxies: TcpProxy[] = [];
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    let timersBefore = 0;
    beforeEach(async () => {
      // Both are counted while mocha's own timer runs.
      await new Promise(setImmediate);
      timersBefore = timers();
      here = mkdtempSync(join(tmpdir(), 'pgup-transfer-'));
      there = join(here, 'there');
      mkdirSync(there);
    });
    afterEach(async () => {
      await Promise.all(shells.splice(0).map((shell) => shell.close()));
      await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
      rmSync(here, { recursive: true, force: true });
      // What is over waits for nothing: a watch over silence that began again would keep a program from ending.
      for (let waited = 0; timers() > timersBefore && waited < 100; waited++) {
        await new Promise((resolve) => setTimeout(resolve, 20).unref());
        await new Promise(setImmediate);
      }
      expect(timers(), 'timers left behind').to.be.at.most(timersBefore);
    });

    const open = async (through?: TcpProxy): Promise<HostShell> => {
      const target = through ? sshd().targetAt(through.port, { user: 'ops' }) : sshd().target({ user: 'ops' });
      const shell = await openHostShell({
        target,
        transport: NETWORKED[way](),
        become: { kind: 'become', user: 'root', method: 'sudo' },
        random: () => 0.1,
      });
      shells.push(shell);
      return shell;
    };
    const upload = (shell: HostShell, changes: Partial<Upload> & Pick<Upload, 'content'>) =>
      shell.upload({ path: join(there, 'file'), mode: '0640', owner: 'root:postgres', claim: 'unclaimed', ...changes });
    const sum = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const nothingElse = (...names: string[]): void => {
      expect(readdirSync(there).sort()).to.deep.equal(names);
    };
    const bigFile = (megabytes: number): string => {
      const path = join(here, 'big');
      writeFileSync(path, randomBytes(megabytes * MEGABYTE));
      return path;
    };

    it('brings a file of this machine as root through sudo, with owner and mode, and leaves nothing else', async () => {
      const path = bigFile(5);
      const shell = await open();
      const { ending } = await upload(shell, { content: { kind: 'local-file', path } });
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect(sum(join(there, 'file'))).to.equal(sum(path));
      const { mode, uid, gid } = statSync(join(there, 'file'));
      expect([mode & 0o7777, uid, gid]).to.deep.equal([0o640, 0, 29011]);
      nothingElse('file');
    });

    it('brings empty files with their mode, from memory and from disk', async () => {
      const empty = join(here, 'empty');
      writeFileSync(empty, '');
      const shell = await open();
      for (const content of ['', { kind: 'local-file', path: empty } as const]) {
        await upload(shell, { content, mode: '0600' });
        const { size, mode } = statSync(join(there, 'file'));
        expect([size, mode & 0o777]).to.deep.equal([0, 0o600]);
        rmSync(join(there, 'file'));
      }
      const to = join(here, 'fetched');
      await shell.download(empty, to);
      expect(statSync(to).size).to.equal(0);
    });

    it('brings secrets, texts and bytes of any size', async () => {
      const shell = await open();
      for (const size of [1, 48 * 1024, 48 * 1024 + 1, 3 * MEGABYTE]) {
        const bytes = randomBytes(size);
        await upload(shell, { content: bytes });
        expect(readFileSync(join(there, 'file')).equals(bytes)).to.equal(true);
      }
      await upload(shell, { content: new Secret('é secret') });
      expect(readFileSync(join(there, 'file'), 'utf8')).to.equal('é secret');
    });

    it('tells how far it is, in bytes', async () => {
      const path = bigFile(3);
      const shell = await open();
      const up: Progress[] = [];
      await upload(shell, { content: { kind: 'local-file', path }, onProgress: (progress) => up.push(progress) });
      expect(up.at(-1)).to.deep.equal({ bytes: 3 * MEGABYTE, total: 3 * MEGABYTE });
      expect(up.length).to.be.greaterThan(10);
      const down: number[] = [];
      await shell.download(path, join(here, 'fetched'), ({ bytes }) => down.push(bytes));
      expect(down.at(-1)).to.equal(3 * MEGABYTE);
      expect(sum(join(here, 'fetched'))).to.equal(sum(path));
    });

    it('never shows content under the name before it is whole, with its mode', async () => {
      const path = bigFile(2);
      const shell = await open();
      let seen = false;
      await upload(shell, {
        content: { kind: 'local-file', path },
        onProgress: () => {
          seen ||= existsSync(join(there, 'file'));
          for (const name of readdirSync(there)) {
            expect(statSync(join(there, name)).mode & 0o077, 'others may read what is staged').to.equal(0);
          }
        },
      });
      expect(seen).to.equal(false);
    });

    it('sends all again after a lost line, and nothing of the first attempt stays', async function () {
      this.timeout(60_000);
      const proxy = await TcpProxy.open({ to: sshd().port });
      proxies.push(proxy);
      const path = bigFile(6);
      const shell = await open(proxy);
      let cuts = 0;
      const { ending } = await upload(shell, {
        content: { kind: 'local-file', path },
        onProgress: ({ bytes }) => {
          if (bytes < 4 * MEGABYTE || cuts > 0) return;
          cuts += 1;
          proxy.cut();
        },
      });
      expect(cuts).to.equal(1);
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect(sum(join(there, 'file'))).to.equal(sum(path));
      // The host takes the half away as soon as it hears that the line is gone.
      for (let waited = 0; readdirSync(there).length > 1 && waited < 100; waited++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      nothingElse('file');
    });

    it('fetches again after a lost line, and leaves no part behind', async function () {
      this.timeout(60_000);
      const proxy = await TcpProxy.open({ to: sshd().port });
      proxies.push(proxy);
      const path = bigFile(6);
      const shell = await open(proxy);
      let cuts = 0;
      await shell.download(path, join(here, 'fetched'), ({ bytes }) => {
        if (bytes < MEGABYTE || cuts > 0) return;
        cuts += 1;
        proxy.cut();
      });
      expect(cuts).to.equal(1);
      expect(sum(join(here, 'fetched'))).to.equal(sum(path));
      expect(readdirSync(here).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    });

    it('says why it cannot, and leaves nothing', async () => {
      const path = bigFile(1);
      const shell = await open();
      const missing = await errorOf(
        upload(shell, { content: { kind: 'local-file', path }, path: join(there, 'no/such/folder/file') }),
      );
      expect(missing.code).to.equal('command-failed');
      const gone = await errorOf(upload(shell, { content: { kind: 'local-file', path: '/no/such/file' } }));
      expect(gone.code).to.equal('file-missing');
      const fetched = await errorOf(shell.download('/no/such/file', join(here, 'fetched')));
      expect(fetched.message).to.include('/no/such/file could not be fetched from web1');
      mkdirSync(join(there, 'file'));
      const folder = await upload(shell, { content: { kind: 'local-file', path } });
      expect(String(folder.stderr)).to.include('is a folder');
      nothingElse('file');
    });

    it('refuses content that changed while it was sent', async () => {
      const path = bigFile(2);
      const shell = await open();
      let changed = false;
      const { ending, stderr } = await upload(shell, {
        content: { kind: 'local-file', path },
        onProgress: () => {
          if (changed) return;
          changed = true;
          writeFileSync(path, randomBytes(2 * MEGABYTE));
        },
      });
      expect(ending).to.deep.equal({ kind: 'exited', code: 1 });
      expect(String(stderr)).to.include('its checksum differs');
      nothingElse();
    });
  });
}
