/** A small extension in C that both suites package: what stands for every library that the new version may lack. */
export const EXTENSION = { name: 'ip4r', package: 'ip4r', library: 'ip4r' } as const;
