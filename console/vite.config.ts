import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The web server answers everything that is not a file of the build; in development it is the one at :8480.
const served = Object.fromEntries(
  ["/api", "/_allauth", "/ledger", "/city"].map((path) => [path, "http://localhost:8480"]),
);

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 1200 },
  server: { proxy: served },
  test: { environment: "jsdom", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["test/setup.ts"] },
});
