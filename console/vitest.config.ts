import { defineConfig, mergeConfig } from "vitest/config";

import built from "./vite.config";

// Apart from vite.config.ts, so that building the page needs none of the tests' packages.
export default mergeConfig(
  built,
  defineConfig({
    test: { environment: "jsdom", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["test/setup.ts"] },
  }),
);
