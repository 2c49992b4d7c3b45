import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The rooms of lib/, each with the rooms that it may look into (docs/architecture.md).
 * `events.ts` and `errors.ts` are leaves that every room may use; everything not listed is refused.
 */
const arrows = {
  transport: [],
  shell: ['transport'],
  postgresql: ['shell'],
  nautobot: ['shell'],
  docker: ['shell'],
  inventory: [],
  playbook: ['inventory'],
  modules: ['postgresql', 'nautobot', 'docker', 'shell', 'playbook', 'inventory'],
  run: ['modules', 'shell', 'transport', 'playbook', 'inventory', 'nautobot', 'postgresql', 'docker'],
  report: [],
};

const rooms = Object.keys(arrows);

/** One rule set per room: importing from a room that is not named above is an error. */
const roomRules = rooms.map((room) => {
  const refused = rooms.filter((other) => other !== room && !arrows[room].includes(other));
  return {
    files: [`lib/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [...refused.flatMap((other) => [`**/../${other}/**`, `../${other}/**`]), '**/cli/**', '**/lab/**'],
              message: `lib/${room} may only look into: ${arrows[room].join(', ') || 'nothing but the leaves'}.`,
            },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'schemas/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // overflows the stack on recursive unions with classes in them (Value, lib/inventory)
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-control-regex': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'lib/ knows no process: what it needs is handed in by cli/.' },
        { name: 'console', message: 'lib/ prints nothing: it emits events.' },
      ],
    },
  },
  ...roomRules,
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
