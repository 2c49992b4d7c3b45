import type { PlannedDeployment } from '../../lib/playbook/plan.ts';

/** A deployment of two hosts, with nothing to do. */
export const planned: PlannedDeployment = {
  kind: 'planned-deployment',
  name: 'ams',
  hosts: ['app1', 'db1'],
  deployment: undefined,
  plays: [],
};
