import type { Lab } from '../../lab/open-lab.ts';

/** Everything that the playbooks may have changed on a host, as text; what is different by itself is left out. */
export async function stateOf(lab: Lab, host: string): Promise<string> {
  const script = `
    cd /
    find /srv /tmp /home/ops /root /etc/systemd /etc/apt -xdev \\( -path /srv/apt -o -path /srv/wheels -o -name '.ansible*' \\
      -o -name 'systemd-private*' -o -name '.bash*' -o -name '.ssh' -o -path /tmp/tmp.\\* \\) -prune \\
      -o -printf '%p %y %m %U %G %n %l %s\\n' | grep -v '^\\S* d' | LC_ALL=C sort
    find /srv /tmp /home/ops /root /etc/systemd -xdev \\( -path /srv/apt -o -path /srv/wheels -o -name '.ansible*' \\
      -o -name 'systemd-private*' \\) -prune -o -type d -printf '%p %m %U %G\\n' | LC_ALL=C sort
    find /srv/t /srv/f /home/ops -xdev -type f -not -path '*/.ansible/*' -exec sha1sum {} + 2>/dev/null | LC_ALL=C sort
    stat -c '%n %X %Y' /srv/f/times 2>/dev/null
    for unit in probe fails cron dbus; do systemctl show -p ActiveState,SubState,UnitFileState,LoadState $unit; done
    dpkg-query -W -f '\${Package} \${Version} \${Status}\\n'
    apt-mark showauto | LC_ALL=C sort`;
  const { stdout } = await lab.run(host, ['sh', '-c', script], { mayFail: true });
  return stdout.replaceAll(/\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, '.BACKUP~');
}
