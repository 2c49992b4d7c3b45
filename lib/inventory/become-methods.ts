/** How the login user may become another one. */
export const BECOME_METHODS = ['sudo', 'su', 'doas', 'runuser'] as const;
export type BecomeMethod = (typeof BECOME_METHODS)[number];
