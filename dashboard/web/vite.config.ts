import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // MapLibre 6 is written for browsers with class fields and ES modules in workers; office browsers lag, so no newer than it needs.
    target: 'chrome107',
    chunkSizeWarningLimit: 1200,
    // The policy of the page allows no data: scripts; small assets stay files.
    assetsInlineLimit: 0,
  },
});
