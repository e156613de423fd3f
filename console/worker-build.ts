/** Builds the service worker after the page: one classic script at /sw.js that knows which files make up the page. */
import { build, type Plugin } from "vite";

/** Files of the page that must be there offline: all but what only the police's and the auditor's pages load. */
const KEPT = /^assets\/.*\.(js|css)$/;

export function serviceWorker(): Plugin {
  let files: string[] = [];
  return {
    name: "consentry-service-worker",
    apply: "build",
    generateBundle(_options, bundle) {
      files = Object.keys(bundle).filter((name) => KEPT.test(name)).toSorted();
    },
    async writeBundle(options) {
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "error",
        define: { __SHELL__: JSON.stringify(files) },
        build: {
          target: "es2022", outDir: options.dir, emptyOutDir: false, sourcemap: false,
          rollupOptions: { input: "src/worker/worker.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}
