import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { serviceWorker } from "./worker-build";

// The web server answers everything that is not a file of the build; in development it is the one at :8480.
const served = Object.fromEntries(
  ["/api", "/_allauth", "/ledger", "/city"].map((path) => [path, "http://localhost:8480"]),
);

export default defineConfig({
  plugins: [react(), serviceWorker()],
  build: {
    target: "es2022", sourcemap: false, chunkSizeWarningLimit: 1200,
    // The resident's first page is three files: what every page starts with, this page, its words. In pieces as small as
    // what is shared, it took its turn on the line four times.
    rolldownOptions: { output: { codeSplitting: { groups: [
      { name: "start", tags: ["$initial"], priority: 2 },
      { name: "resident", test: /src\/home\/home\.tsx$/, priority: 1 },
    ] } } },
  },
  server: { proxy: served, fs: { allow: [".."] } },
});
