import type { Lab } from '../../lab/open-lab.ts';

/**
 * Prints everything that the playbooks may have changed on a host; what is different by itself is left out: a host's
 * own address stands in its network file, which is as long as the address.
 */
export const STATE_SCRIPT = `
    cd /
    stat -c '%n %X %Y' /srv/f/times 2>/dev/null
    find /srv /tmp /home/ops /root /etc/systemd /etc/apt -xdev \\( -path /srv/apt -o -path /etc/systemd/network -o -path /srv/wheels -o -name '.ansible*' \\
      -o -name 'systemd-private*' -o -name '.bash*' -o -name '.ssh' -o -path /tmp/tmp.\\* -o -path '/tmp/ansible_*' \\) -prune \\
      -o -printf '%p %y %m %U %G %n %l %s\\n' | grep -v '^\\S* d' | LC_ALL=C sort
    find /srv /tmp /home/ops /root /etc/systemd -xdev \\( -path /srv/apt -o -path /etc/systemd/network -o -path /srv/wheels -o -name '.ansible*' \\
      -o -name 'systemd-private*' -o -path '/tmp/ansible_*' \\) -prune -o -type d -printf '%p %m %U %G\\n' | LC_ALL=C sort
    find /srv/t /srv/f /home/ops -xdev -type f -not -path '*/.ansible/*' -not -path '*/.ssh/*' -exec sha1sum {} + 2>/dev/null | LC_ALL=C sort
    for unit in probe fails cron dbus; do
      for what in ActiveState SubState UnitFileState LoadState; do echo "$unit $(systemctl show -p $what $unit)"; done
    done
    dpkg-query -W -f '\${Package} \${Version} \${Status}\\n'
    apt-mark showauto | LC_ALL=C sort`;

/** How the playbooks left a host, line by line. */
export async function stateOf(lab: Lab, host: string): Promise<readonly string[]> {
  const { stdout } = await lab.run(host, ['sh', '-c', STATE_SCRIPT], { mayFail: true });
  return stdout.replaceAll(/\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, '.BACKUP~').split('\n');
}

/** What one of the two left otherwise than the other. */
export function stateDifferences(ansible: readonly string[], pgup: readonly string[]): readonly string[] {
  const only = (who: string, mine: readonly string[], others: readonly string[]): readonly string[] =>
    mine.filter((line) => !others.includes(line)).map((line) => `${who}: ${line}`);
  return [...only('ansible', ansible, pgup), ...only('pgup', pgup, ansible)];
}
