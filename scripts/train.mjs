// A run of everyday tasks on a host made of nothing but ssh2's own server in this process: what the program compiles
// for it is what it need not compile again on any later start.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';

const PLAYBOOK = `
- name: Everyday tasks
  hosts: all
  gather_facts: false
  vars:
    greeting: hello {{ inventory_hostname }}
  tasks:
    - command: echo {{ greeting }}
      register: said
      changed_when: false
    - shell: echo {{ item }}; exit 3
      loop: [a, b]
      failed_when: false
      when: said.stdout == greeting and said is not failed
    - stat:
        path: /
      register: top
    - assert:
        that: top.stat.exists
    - debug:
        msg: "{{ said.stdout_lines | length }}"
    - set_fact:
        done: true
`;

/** Runs `program` as pgup would be run. Rejects with what it said where it does not end well. */
export async function train(program) {
  const folder = mkdtempSync(join(tmpdir(), 'pgup-training-'));
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519');
  const clientKey = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, serve);
  try {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const at = (name, text) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const known = at('known_hosts', `[127.0.0.1]:${port} ${hostKey.public}\n`);
    const key = at('key', clientKey.private);
    const host = `training ansible_host=127.0.0.1 ansible_port=${port} ansible_user=training`;
    const inventory = at('inventory.ini', `${host} ansible_ssh_private_key_file=${key}\n`);
    const playbook = at('playbook.yml', PLAYBOOK);
    const words = ['run', playbook, '-i', inventory, '--known-hosts', known, '--runs-dir', join(folder, 'runs')];
    await succeed([program, ...words], { PATH: process.env.PATH, HOME: folder });
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function serve(client) {
  client.on('error', () => client.end());
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    accept().on('exec', (acceptCommand, _refuse, { command }) => {
      const channel = acceptCommand();
      const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'] });
      channel.pipe(child.stdin);
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
      child.once('close', (code) => {
        channel.exit(code ?? 1);
        channel.end();
      });
    });
  });
}

function succeed(argv, env) {
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the training run ended with exit code ${code}:\n${said}`));
    });
  });
}
