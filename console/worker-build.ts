/**
 * Builds the service worker after the page: one classic script at /sw.js that knows which files make up the page. Then
 * lays compressed copies beside each text file, which the server hands to browsers that take them, and `ahead.json`, which
 * tells it what to name in its first answer, so that the browser fetches it at once (both project/console.py).
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, type Plugin } from "vite";
import { AHEAD } from "./src/app/ahead";

const TEXTS = /\.(js|css|html|svg|webmanifest)$/;


export function serviceWorker(): Plugin {
  return {
    name: "consentry-service-worker",
    apply: "build",
    // Of what was written: pieces that hold nothing but a style sheet are named before, and are gone by then. One name
    // of a file that is not there, and no browser takes the worker.
    async writeBundle(options, bundle) {
      const folder = options.dir ?? "dist";
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/")).toSorted();
      const shell = shellOf(Object.values(bundle)).filter((name) => name in bundle).toSorted();
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "error",
        define: { __SHELL__: JSON.stringify(shell), __FILES__: JSON.stringify(files) },
        build: {
          target: "es2022", outDir: folder, emptyOutDir: false, sourcemap: false,
          rollupOptions: { input: "src/worker/worker.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
      writeFileSync(join(folder, "ahead.json"), JSON.stringify(aheadOf(Object.values(bundle))));
      compress(folder);
    },
  };
}

/** What the page needs before it knows where to go, and the list that it shows offline, in each language. */
const OFFLINE = [/src\/home\/(home|events)\.tsx$/, /src\/home\/offline\.tsx$/, /src\/i18n\/(en|fr|es)\/index\.ts$/];

/** The module of each page whose files are fetched with the first answer: the resident's, on a phone. */
const PAGES: Record<string, RegExp> = { "/home": /src\/home\/home\.tsx$/ };
const LANGUAGES = ["en", "fr", "es"];

interface Piece { type: string; fileName: string; isEntry?: boolean; facadeModuleId?: string | null; moduleIds?: string[]; imports?: string[]; viteMetadata?: { importedCss?: Set<string> } }

function holds(piece: Piece, modules: RegExp[]): boolean {
  return [piece.facadeModuleId ?? "", ...(piece.moduleIds ?? [])].some((id) => modules.some((one) => one.test(id)));
}

/** The files of these modules and of all that they import, style sheets too. */
function filesOf(pieces: Piece[], isRoot: (piece: Piece) => boolean): Set<string> {
  const known = new Map(pieces.map((piece) => [piece.fileName, piece]));
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const piece = known.get(name);
    piece?.imports?.forEach(add);
    piece?.viteMetadata?.importedCss?.forEach((css) => found.add(css));
  };
  for (const piece of pieces) if (isRoot(piece)) add(piece.fileName);
  return found;
}

function shellOf(pieces: Piece[]): string[] {
  return [...filesOf(pieces, (piece) => piece.isEntry === true || holds(piece, OFFLINE))];
}

/**
 * By address and language: what the page fetches, files and data, in the order of what it waits for: a browser has six
 * lines to a server, and the program that all the others wait for is the largest.
 */
function aheadOf(pieces: Piece[]): Record<string, Record<string, string[]>> {
  const written = new Set(pieces.map((piece) => piece.fileName));
  const beyond = (address: string, page: RegExp, language: string) => {
    const roots = [page, new RegExp(`src/i18n/${language}/index\\.ts$`)];
    const start = filesOf(pieces, (piece) => piece.isEntry === true);
    const files = [...new Set([...start, ...filesOf(pieces, (piece) => holds(piece, roots))])].filter((name) => written.has(name));
    const [styles, programs] = [files.filter((name) => name.endsWith(".css")), files.filter((name) => name.endsWith(".js"))];
    return [...programs.map((name) => `/${name}`), ...(AHEAD[address] ?? []).map((path) => `/api${path}`), ...styles.map((name) => `/${name}`)];
  };
  return Object.fromEntries(Object.entries(PAGES).map(([address, page]) =>
    [address, Object.fromEntries(LANGUAGES.map((language) => [language, beyond(address, page, language)]))]));
}

function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((one) => TEXTS.test(one))) {
    const plain = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(plain));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(plain, { level: 9 }));
  }
}
