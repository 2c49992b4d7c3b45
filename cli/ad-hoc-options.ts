import { SETTINGS } from './options.ts';

/** The settings of every verb that works on hosts without a playbook. */
export const AD_HOC_OPTIONS = {
  inventory: SETTINGS.inventory,
  limit: SETTINGS.limit,
  'extra-vars': SETTINGS['extra-vars'],
  forks: SETTINGS.forks,
  become: SETTINGS.become,
  'become-user': SETTINGS['become-user'],
  'become-method': SETTINGS['become-method'],
  'ask-become-pass': SETTINGS['ask-become-pass'],
  output: SETTINGS.output,
  'connect-timeout': SETTINGS['connect-timeout'],
  'known-hosts': SETTINGS['known-hosts'],
  'host-key-checking': SETTINGS['host-key-checking'],
  'private-key': SETTINGS['private-key'],
  'vault-password-file': SETTINGS['vault-password-file'],
  'ask-vault-pass': SETTINGS['ask-vault-pass'],
  'log-file': SETTINGS['log-file'],
} as const;
