// The bundle that the server carries: hashed names under assets/, nothing inline (the pages' Content-Security-Policy is
// default-src 'self'), nothing from elsewhere. `npm run dev` serves the sources and passes the API on to BATON_URL.
import { defineConfig } from 'vite';

const server = process.env.BATON_URL ?? 'http://127.0.0.1:7070';

export default defineConfig({
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      // "use client" means something to servers that render; here there is none, and every library's file would say so.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: { proxy: { '/v1': server, '/errors': server, '/openapi.json': server } },
});
