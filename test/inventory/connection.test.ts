import { expect } from 'chai';
import { connectionOf, connectionsOf, type Connection } from '../../lib/inventory/connection.ts';
import { findHost } from '../../lib/inventory/find-host.ts';
import { inventoryRender } from '../../lib/playbook/inventory-names.ts';
import { readIni } from './helpers.ts';

function connect(assignments: string): { readonly connection: Connection; readonly problems: readonly string[] } {
  const { inventory } = readIni(`h ${assignments}\n`);
  const { connection, problems } = connectionOf({
    host: inventory.hosts.get('h')!,
    render: inventoryRender(inventory),
  });
  return {
    connection,
    problems: problems.map((each) => `${each.at?.line}:${each.at?.column} ${each.severity} ${each.text}`),
  };
}

describe('inventory: connection variables', () => {
  it('says nothing where no variable does, but the address', () => {
    const { connection, problems } = connect('');
    expect(problems).to.deep.equal([]);
    expect(connection).to.include({ host: 'h', connection: 'ssh', address: 'h', port: undefined, user: undefined });
    expect(connection.become).to.deep.equal({
      enabled: undefined,
      method: undefined,
      user: undefined,
      password: undefined,
    });
  });

  const read: readonly [string, string, (connection: Connection) => unknown, unknown][] = [
    ['the address', 'ansible_host=10.0.0.1', (c) => c.address, '10.0.0.1'],
    ['the later name of two', 'ansible_ssh_host=b ansible_host=a', (c) => c.address, 'b'],
    ['the port', 'ansible_port=2222', (c) => c.port, 2222],
    ['a port in quotes', `ansible_port="'2222'"`, (c) => c.port, 2222],
    ['the user', 'ansible_user=ops', (c) => c.user, 'ops'],
    ['a user that looks like a number', 'ansible_user=1000', (c) => c.user, '1000'],
    ['a key file', 'ansible_ssh_private_key_file=~/.ssh/k', (c) => c.privateKeyFile, '~/.ssh/k'],
    ['a password', 'ansible_password=s3cret', (c) => c.password?.reveal(), 's3cret'],
    ['a password as it was typed', 'ansible_password=1_000', (c) => c.password?.reveal(), '1_000'],
    ['a password that a variable names', 'ansible_password="{{ pw }}" pw=x', (c) => c.password?.reveal(), 'x'],
    ['an empty value as none', 'ansible_user= ansible_password=', (c) => [c.user, c.password], [undefined, undefined]],
    ['None as none', 'ansible_user=None', (c) => c.user, undefined],
    ['local', 'ansible_connection=local', (c) => c.connection, 'local'],
    ['smart as ssh', 'ansible_connection=ansible.builtin.smart', (c) => c.connection, 'ssh'],
    ["the system's ssh", 'ansible_connection=openssh', (c) => c.connection, 'openssh'],
    [
      'become',
      'ansible_become=yes ansible_become_user=postgres',
      (c) => [c.become.enabled, c.become.user],
      [true, 'postgres'],
    ],
    ['become as Python has it', 'ansible_become=False', (c) => c.become.enabled, false],
    ['the become method', 'ansible_become_method=su', (c) => c.become.method, 'su'],
    ['the become password', 'ansible_become_password=p ansible_become_pass=q', (c) => c.become.password?.reveal(), 'q'],
    ['a timeout', 'ansible_ssh_timeout=30', (c) => c.timeout, 30],
    ['host keys not checked', 'ansible_host_key_checking=false', (c) => c.ssh.hostKeyChecking, 'off'],
    [
      'what has no effect',
      'ansible_python_interpreter=/usr/bin/python3 ansible_become_flags="-H -S -n"',
      (c) => c.user,
      undefined,
    ],
  ];
  for (const [what, assignments, pick, wanted] of read) {
    it(`reads ${what}`, () => {
      const { connection, problems } = connect(assignments);
      expect(problems).to.deep.equal([]);
      expect(pick(connection)).to.deep.equal(wanted);
    });
  }

  const refused: readonly [string, string][] = [
    ['ansible_port=ssh', '1:3 error ansible_port must be a number from 1 to 65535, not "ssh"'],
    ['ansible_port=70000', '1:3 error ansible_port must be a number from 1 to 65535, not "70000"'],
    ['ansible_port=[22]', '1:3 error ansible_port must be a number from 1 to 65535, not a list'],
    ['ansible_become=maybe', '1:3 error ansible_become must be true or false, not "maybe"'],
    [
      'ansible_become_method=pbrun',
      '1:3 error ansible_become_method must be one of sudo, su, doas, runuser, not "pbrun"',
    ],
    ['ansible_become_flags=-i', '1:3 error ansible_become_flags cannot be honoured: "-i"'],
    ['ansible_timeout=soon', '1:3 error ansible_timeout must be a number of seconds, not "soon"'],
    [
      'ansible_connection=winrm',
      '1:3 error ansible_connection must be one of ssh, smart, paramiko, paramiko_ssh, ssh2, openssh, local, not "winrm"',
    ],
    ['ansible_user={1:2}', '1:3 error ansible_user must be text, not a mapping'],
    ['ansible_host="{{ nowhere }}"', '1:3 error "nowhere" is not defined'],
    ['ansible_hots=10.0.0.1', '1:3 warning "ansible_hots" means nothing, did you mean "ansible_host"?'],
    [
      'ansible_ssh_common_args="-o ProxyCommand=nc"',
      '1:3 error ansible_ssh_common_args: ProxyCommand "nc" cannot be run: only "ssh -W %h:%p HOST" is understood, which is ProxyJump',
    ],
  ];
  for (const [assignments, wanted] of refused) {
    it(`complains about ${assignments}`, () => {
      expect(connect(assignments).problems).to.deep.equal([wanted]);
    });
  }

  it('renders whole expressions over what the inventory knows', () => {
    const { inventory } = readIni(
      `db1.example.com ansible_port=22 key=K
app1 ansible_host="{{ inventory_hostname }}.{{ domain | default('example.org') }}" ansible_port="{{ hostvars['db1.example.com'].ansible_port + 2200 }}" ansible_ssh_private_key_file="/keys/{{ group_names | first }}"
[web]
app1
`,
    );
    const { connection, problems } = connectionOf({
      host: inventory.hosts.get('app1')!,
      render: inventoryRender(inventory),
    });
    expect(problems).to.deep.equal([]);
    expect(connection).to.include({ address: 'app1.example.org', port: 2222, privateKeyFile: '/keys/web' });
  });

  it('complains about a circle of names', () => {
    const { problems } = connect('ansible_user="{{ a }}" a="{{ b }}" b="{{ a }}"');
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/made of itself: a -> b -> a/);
  });

  it('complains once about a variable that many hosts share', () => {
    const { inventory } = readIni('h[1:9]\n[all:vars]\nansible_port=x\n');
    const { problems, connections } = connectionsOf({
      hosts: inventory.hosts.values(),
      render: inventoryRender(inventory),
    });
    expect(problems.map((each) => each.at)).to.deep.equal([{ file: 'hosts.ini', line: 3, column: 1 }]);
    expect(connections.size).to.equal(9);
  });

  it('knows the machine itself without an inventory line', () => {
    const { inventory } = readIni('h\n[all:vars]\na=1\n');
    const host = findHost({ inventory, name: 'localhost' })!;
    expect(host.variables.get('a')?.value).to.equal(1);
    expect(connectionOf({ host, render: inventoryRender(inventory) }).connection.connection).to.equal('local');
    expect(findHost({ inventory, name: 'elsewhere' })).to.equal(undefined);
  });
});
