/**
 * Builds the service worker after the page: one classic script at /sw.js that knows which files make up the page. Then
 * lays a compressed copy beside each text file, which the server hands to browsers that take it (project/console.py).
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "vite";

const TEXTS = /\.(js|css|html|svg|webmanifest)$/;


export function serviceWorker(): Plugin {
  return {
    name: "consentry-service-worker",
    apply: "build",
    // Of what was written: pieces that hold nothing but a style sheet are named before, and are gone by then. One name
    // of a file that is not there, and no browser takes the worker.
    async writeBundle(options, bundle) {
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/")).toSorted();
      const shell = shellOf(Object.values(bundle)).filter((name) => name in bundle).toSorted();
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "error",
        define: { __SHELL__: JSON.stringify(shell), __FILES__: JSON.stringify(files) },
        build: {
          target: "es2022", outDir: options.dir, emptyOutDir: false, sourcemap: false,
          rollupOptions: { input: "src/worker/worker.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
      compress(options.dir ?? "dist");
    },
  };
}

/** What the page needs before it knows where to go, and the list that it shows offline, in each language. */
const OFFLINE = [/src\/home\/(home|events)\.tsx$/, /src\/home\/offline\.tsx$/, /src\/i18n\/(en|fr|es)\/index\.ts$/];

interface Piece { type: string; fileName: string; isEntry?: boolean; facadeModuleId?: string | null; imports?: string[]; viteMetadata?: { importedCss?: Set<string> } }

function shellOf(pieces: Piece[]): string[] {
  const known = new Map(pieces.map((piece) => [piece.fileName, piece]));
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const piece = known.get(name);
    piece?.imports?.forEach(add);
    piece?.viteMetadata?.importedCss?.forEach((css) => found.add(css));
  };
  for (const piece of pieces) {
    if (piece.isEntry || OFFLINE.some((path) => path.test(piece.facadeModuleId ?? ""))) add(piece.fileName);
  }
  return [...found];
}

function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((one) => TEXTS.test(one))) {
    writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
  }
}
