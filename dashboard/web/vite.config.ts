import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// Office browsers lag. The board's syntax runs from Chrome 87 on; MapLibre 6 also calls functions of Chrome 93
// (Object.hasOwn, Array.prototype.at), so an older browser has the board and, in the map's place, a plain message.
const target = 'chrome87';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target,
    cssTarget: target,
    chunkSizeWarningLimit: 1200,
    // The page's policy allows no data: scripts or styles; small assets stay files.
    assetsInlineLimit: 0,
  },
});
