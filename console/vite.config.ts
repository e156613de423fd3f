import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { serviceWorker } from "./worker-build";

// The web server answers everything that is not a file of the build; in development it is the one at :8480.
const served = Object.fromEntries(
  ["/api", "/_allauth", "/ledger", "/city"].map((path) => [path, "http://localhost:8480"]),
);

export default defineConfig({
  plugins: [react(), serviceWorker()],
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 1200 },
  server: { proxy: served, fs: { allow: [".."] } },
});
