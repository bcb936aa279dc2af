/** Commits since this file came to the main branch: Conventional Commits, 72 characters, one concern each. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    // Subjects may start with a name: SQLite, MariaDB, README.
    'subject-case': [0],
    'subject-one-concern': [2, 'always'],
  },
  plugins: [
    {
      rules: {
        'subject-one-concern': ({ subject }) => [
          !subject?.includes(';'),
          'subject joins two concerns with a semicolon; make a commit of each',
        ],
      },
    },
  ],
};
