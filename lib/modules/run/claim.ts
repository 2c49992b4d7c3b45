import { z } from 'zod';
import type { Module } from '../module.ts';

const nothing = z.strictObject({});

/** Locks every host of the deployment for this run: from here on no other run may change any of them. */
export const claim: Module<z.infer<typeof nothing>> = {
  name: 'claim',
  summary: 'Locks every host of the deployment for this run.',
  schema: nothing,
  scope: 'deployment',
  generic: false,
  decide: ({ deployment }) => ({
    kind: 'steps',
    steps: [{ kind: 'claim', says: `lock ${deployment.hosts.join(', ')} for this run` }],
  }),
};

/** Lets go of every host: the last task of an upgrade that ended well. */
export const release: Module<z.infer<typeof nothing>> = {
  name: 'release',
  summary: 'Unlocks every host of the deployment.',
  schema: nothing,
  scope: 'deployment',
  generic: false,
  decide: ({ deployment }) => ({
    kind: 'steps',
    steps: [{ kind: 'release', says: `unlock ${deployment.hosts.join(', ')}` }],
  }),
};
