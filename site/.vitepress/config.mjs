import { DESCRIPTION, SIDEBAR, TITLE } from './sidebar.mjs';

export default {
  title: TITLE,
  description: DESCRIPTION,
  srcDir: './pages',
  outDir: './dist',
  cacheDir: './node_modules/.vitepress',
  cleanUrls: true,
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/#quick-start' },
      { text: 'Reference', link: '/docs/reference' },
      { text: 'Options', link: '/docs/options' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: SIDEBAR,
    outline: [2, 3],
    search: { provider: 'local' },
  },
};
