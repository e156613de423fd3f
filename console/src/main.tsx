import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadAhead } from "./api/loaded";
import { AHEAD } from "./app/ahead";
import { router } from "./app/router";
import { startTheme } from "./app/theme";
import "./design/tokens.css";
import "./design/base.css";
import "./design/components.css";
import "./app/shell.css";
import { startLanguage } from "./i18n";

startTheme();
const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 5_000, refetchOnWindowFocus: true } },
});
const root = document.getElementById("root");
// Not awaited here: the page's own file waits until this one has run to its end.
if (root) void start(root);

/** Words, page and what it shows come at once: on a weak line each wait for the one before is a sixth of a second. */
async function start(root: HTMLElement): Promise<void> {
  const words = startLanguage();
  for (const path of AHEAD[location.pathname] ?? ["/session"]) void loadAhead(queries, path);
  await Promise.all([words, router.load()]);
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
