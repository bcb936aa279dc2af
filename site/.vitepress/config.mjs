import { API, DESCRIPTION, SIDEBAR, TITLE } from './sidebar.mjs';

export default {
  title: TITLE,
  description: DESCRIPTION,
  srcDir: './pages',
  outDir: './dist',
  cacheDir: './node_modules/.vitepress',
  cleanUrls: true,
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  markdown: {
    // Those of the default do not have the contrast of WCAG AA.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  // The index of the search has 1 MB. It loads when the search opens.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/#quick-start' },
      { text: 'Reference', link: '/docs/reference' },
      { text: 'Options', link: '/docs/options' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: { '/api/': API, '/': SIDEBAR },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            // Pages about tasks come before those about single types and decisions.
            boostDocument: (id) => (/\/(api|adr)\//.test(id) ? 0.1 : 1),
          },
        },
      },
    },
  },
};
