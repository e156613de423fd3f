import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Missing } from "./missing";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

function route<Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) {
  return createRoute({ getParentRoute: () => root, path, component });
}

const routes = [
  route("/", lazyRouteComponent(() => import("../door/front"), "Front")),
  route("/account", lazyRouteComponent(() => import("../door/account"), "Account")),
  route("/watch", lazyRouteComponent(() => import("../analyst/watch"), "Watch")),
  route("/field", lazyRouteComponent(() => import("../field/field"), "Field")),
  route("/home", lazyRouteComponent(() => import("../home/home"), "HomePage")),
  route("/home/add", lazyRouteComponent(() => import("../home/register"), "Register")),
  route("/home/pair", lazyRouteComponent(() => import("../home/pair"), "Pair")),
  route("/home/events", lazyRouteComponent(() => import("../home/events"), "EventsPage")),
  route("/home/join", lazyRouteComponent(() => import("../home/join"), "JoinPage")),
  route("/home/asks/$ask", lazyRouteComponent(() => import("../home/ask"), "AskPage")),
  route("/home/cameras/$camera", lazyRouteComponent(() => import("../home/camera"), "CameraPage")),
  route("/home/cameras/$camera/consent", lazyRouteComponent(() => import("../home/consent"), "ConsentPage")),
  route("/home/cameras/$camera/mandates/$mandate", lazyRouteComponent(() => import("../home/connect"), "ConnectPage")),
  route("/notices", lazyRouteComponent(() => import("../notices/page"), "NoticesPage")),
  route("/unsubscribe", lazyRouteComponent(() => import("../notices/unsubscribe"), "Unsubscribe")),
  route("/manage", lazyRouteComponent(() => import("../manager/manage"), "Manage")),
  route("/manage/cameras", lazyRouteComponent(() => import("../manager/cameras"), "CamerasPage")),
  route("/manage/feeds", lazyRouteComponent(() => import("../manager/feeds"), "FeedsPage")),
  route("/manage/feeds/$feed", lazyRouteComponent(() => import("../manager/feed-types"), "FeedTypesPage")),
  route("/manage/programmes/$programme", lazyRouteComponent(() => import("../manager/papers"), "PapersPage")),
  route("/items", lazyRouteComponent(() => import("../vault/items"), "ItemsPage")),
  route("/items/send", lazyRouteComponent(() => import("../vault/send"), "SendPage")),
  route("/items/$item", lazyRouteComponent(() => import("../vault/item"), "ItemPage")),
  route("/disclosed", lazyRouteComponent(() => import("../vault/disclosed"), "DisclosedPage")),
  route("/audit", lazyRouteComponent(() => import("../auditor/audit"), "Audit")),
  route("/public", lazyRouteComponent(() => import("../public/overview"), "Overview")),
  route("/public/policy", lazyRouteComponent(() => import("../public/policy"), "PolicyPage")),
  route("/public/programmes/$programme", lazyRouteComponent(() => import("../public/programme"), "ProgrammePage")),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
