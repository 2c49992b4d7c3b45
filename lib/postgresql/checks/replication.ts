import { finding, type Finding } from '../../finding.ts';
import { clusterName, psqlLine, someOf, type Subject } from './subject.ts';

/** Whatever takes the cluster's WAL, or gives it its own: pg_upgrade carries none of it over. */
export function checkReplication(subject: Subject): readonly Finding[] {
  const { host, cluster, server } = subject;
  const name = clusterName(cluster);
  const found: Finding[] = [];
  if (server.inRecovery)
    found.push(
      finding(
        host,
        'standby',
        `${name} is a standby: pg_upgrade upgrades primaries only`,
        'put the primary in the group postgresql, and leave the standby out',
      ),
    );
  if (server.senders.length > 0) {
    const who = server.senders.map(({ application, address }) => `${application || 'unnamed'} (${address ?? 'local'})`);
    found.push(
      finding(
        host,
        'standby',
        `${name} is followed by ${someOf(who)}: a standby cannot follow it over the upgrade`,
        'stop the standbys (or pg_receivewal) before the upgrade and make them anew after it',
      ),
    );
  }
  const kept = server.slots.filter(({ temporary }) => !temporary);
  if (kept.length > 0)
    found.push(
      finding(
        host,
        'replication-slot',
        `${name} has replication slots (${someOf(kept.map((slot) => `${slot.name}, ${slot.type}`))}): they would be lost, and what they hold with them`,
        psqlLine(subject, 'postgres', `SELECT pg_drop_replication_slot('${kept[0]?.name ?? ''}')`),
      ),
    );
  if (server.subscriptions.length > 0) {
    const all = server.subscriptions.map((each) => `${each.name} in ${each.database}`);
    found.push(
      finding(
        host,
        'subscription',
        `${name} has subscriptions (${someOf(all)}): their place in the stream would be lost`,
        'drop them before the upgrade and make them anew after it',
      ),
    );
  }
  return [...found, ...checkArchiving(subject)];
}

function checkArchiving({ host, cluster, server }: Subject): readonly Finding[] {
  const mode = server.settings['archive_mode'] ?? 'off';
  if (mode === 'off') return [];
  const by = server.archiveCommand ?? server.settings['archive_library'] ?? '';
  return [
    finding(
      host,
      'archiving',
      `${clusterName(cluster)} archives its WAL (archive_mode=${mode}${by ? `, ${by}` : ', no command'}): the new cluster is another one to the archive and must not write into it`,
      'set archive_mode=off and restart, upgrade, then begin a new archive with a full backup (pgbackrest: stanza-upgrade)',
    ),
  ];
}
