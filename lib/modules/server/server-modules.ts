import type { Module } from '../module.ts';
import { coldBackupModule, removePartialBackupModule } from './backup.ts';
import { carrySettingsModule } from './carry-settings.ts';
import { checkUpgradeModule } from './check-upgrade.ts';
import { finishDataModule, startClosedModule, statisticsModule } from './closed-service.ts';
import { settleFingerprintModule, takeFingerprintModule, verifyDataModule } from './fingerprint.ts';
import { holdModule, liftHoldModule } from './hold.ts';
import { endMigrationModule, loadMigrationModule, migrateModule } from './migrate.ts';
import { nautobotServiceModule, warmWebModule } from './nautobot-service.ts';
import { createClusterModule, dropClusterModule } from './new-cluster.ts';
import { keepOldClusterModule, openDoorsModule } from './open-doors.ts';
import { installPackagesModule, restorePackagesModule } from './packages.ts';
import { abandonUpgradeModule, newVersionReadyModule, pgUpgradeModule } from './pg-upgrade.ts';
import { postgresqlServiceModule } from './postgresql-service.ts';
import { drainJobsModule, sessionsGoneModule } from './quiet.ts';

/** Every module of the server flow that changes a host, in the order in which playbooks/server.yml uses them. */
export const serverModules: readonly Module[] = [
  installPackagesModule,
  restorePackagesModule,
  createClusterModule,
  dropClusterModule,
  carrySettingsModule,
  checkUpgradeModule,
  holdModule,
  liftHoldModule,
  nautobotServiceModule,
  drainJobsModule,
  sessionsGoneModule,
  takeFingerprintModule,
  postgresqlServiceModule,
  settleFingerprintModule,
  coldBackupModule,
  removePartialBackupModule,
  newVersionReadyModule,
  pgUpgradeModule,
  abandonUpgradeModule,
  startClosedModule,
  verifyDataModule,
  finishDataModule,
  loadMigrationModule,
  warmWebModule,
  migrateModule,
  endMigrationModule,
  openDoorsModule,
  statisticsModule,
  keepOldClusterModule,
];
