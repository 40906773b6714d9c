import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run dev` in this folder talks to a node that runs on the default port.
export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/metrics': 'http://127.0.0.1:8080' } },
})
