import { register } from 'node:module';

// Loaded before a server: removes the question whether somebody subscribes from the code of the library.
register(
  `data:text/javascript,${encodeURIComponent(`
    export async function load(url, context, next) {
      const loaded = await next(url, context);
      if (/\\/dist\\/[\\w-]+\\.js$/.test(url) && !url.includes('/node_modules/')) {
        loaded.source = String(loaded.source).replaceAll(/[\\w$]+\\.hasSubscribers/g, 'false');
      }
      return loaded;
    }
  `)}`,
);
