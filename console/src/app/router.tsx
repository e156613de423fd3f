import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { loadDesk } from "../i18n";
import { Missing } from "./missing";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

function route<Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) {
  return createRoute({ getParentRoute: () => root, path, component });
}

/** A page of those at work: its words come with it. */
function desk<Page>(load: () => Promise<Page>): () => Promise<Page> {
  return async () => (await Promise.all([load(), loadDesk()]))[0];
}

const routes = [
  route("/", lazyRouteComponent(() => import("../door/front"), "Front")),
  route("/account", lazyRouteComponent(() => import("../door/account"), "Account")),
  route("/account/delete", lazyRouteComponent(() => import("../account/delete"), "DeletePage")),
  route("/watch", lazyRouteComponent(desk(() => import("../analyst/watch")), "Watch")),
  route("/field", lazyRouteComponent(desk(() => import("../field/field")), "Field")),
  route("/home", lazyRouteComponent(() => import("../home/home"), "HomePage")),
  route("/home/add", lazyRouteComponent(() => import("../home/register"), "Register")),
  route("/home/start", lazyRouteComponent(() => import("../home/start"), "StartPage")),
  route("/home/many", lazyRouteComponent(() => import("../home/many"), "ManyPage")),
  route("/home/terms", lazyRouteComponent(() => import("../home/sign-many"), "SignManyPage")),
  route("/home/pair", lazyRouteComponent(() => import("../home/pair"), "Pair")),
  route("/home/events", lazyRouteComponent(() => import("../home/events"), "EventsPage")),
  route("/home/withdraw", lazyRouteComponent(() => import("../home/withdraw"), "WithdrawPage")),
  route("/home/join", lazyRouteComponent(() => import("../home/join"), "JoinPage")),
  route("/home/asks/$ask", lazyRouteComponent(() => import("../home/ask"), "AskPage")),
  route("/home/cameras/$camera", lazyRouteComponent(() => import("../home/camera"), "CameraPage")),
  route("/home/cameras/$camera/consent", lazyRouteComponent(() => import("../home/consent"), "ConsentPage")),
  route("/home/cameras/$camera/mandates/$mandate", lazyRouteComponent(() => import("../home/connect"), "ConnectPage")),
  route("/home/requests", lazyRouteComponent(() => import("../home/requests"), "HomeRequestsPage")),
  route("/home/requests/$request", lazyRouteComponent(() => import("../home/request"), "HomeRequestPage")),
  route("/home/orders", lazyRouteComponent(() => import("../home/orders"), "HomeOrdersPage")),
  route("/home/orders/$serving", lazyRouteComponent(() => import("../home/order"), "HomeOrderPage")),
  route("/neighbors", lazyRouteComponent(() => import("../neighbors/feed"), "FeedPage")),
  route("/neighbors/area", lazyRouteComponent(() => import("../neighbors/join"), "AreaPage")),
  route("/neighbors/guidelines", lazyRouteComponent(() => import("../neighbors/guidelines"), "GuidelinesPage")),
  route("/neighbors/masks", lazyRouteComponent(() => import("../neighbors/masks"), "MasksPage")),
  route("/neighbors/mine", lazyRouteComponent(() => import("../neighbors/mine"), "MinePage")),
  route("/neighbors/posts/$post", lazyRouteComponent(() => import("../neighbors/post"), "PostPage")),
  route("/neighbors/write", lazyRouteComponent(() => import("../neighbors/write"), "WritePage")),
  route("/alerts", lazyRouteComponent(() => import("../neighbors/alerts"), "AlertsPage")),
  route("/alerts/$alert", lazyRouteComponent(() => import("../neighbors/alerts"), "AlertPage")),
  route("/desk", lazyRouteComponent(() => import("../neighbors/desk"), "DeskPage")),
  route("/moderate", lazyRouteComponent(() => import("../neighbors/moderate"), "ModeratePage")),
  route("/notices", lazyRouteComponent(() => import("../notices/page"), "NoticesPage")),
  route("/unsubscribe", lazyRouteComponent(() => import("../notices/unsubscribe"), "Unsubscribe")),
  route("/manage", lazyRouteComponent(desk(() => import("../manager/manage")), "Manage")),
  route("/manage/cameras", lazyRouteComponent(desk(() => import("../manager/cameras")), "CamerasPage")),
  route("/manage/feeds", lazyRouteComponent(desk(() => import("../manager/feeds")), "FeedsPage")),
  route("/manage/feeds/$feed", lazyRouteComponent(desk(() => import("../manager/feed-types")), "FeedTypesPage")),
  route("/manage/programmes/$programme", lazyRouteComponent(desk(() => import("../manager/papers")), "PapersPage")),
  route("/items", lazyRouteComponent(desk(() => import("../vault/items")), "ItemsPage")),
  route("/items/send", lazyRouteComponent(desk(() => import("../vault/send")), "SendPage")),
  route("/items/whole", lazyRouteComponent(desk(() => import("../vault/whole")), "WholePage")),
  route("/items/$item", lazyRouteComponent(desk(() => import("../vault/item")), "ItemPage")),
  route("/requests", lazyRouteComponent(() => import("../requests/desk"), "DeskPage")),
  route("/requests/new", lazyRouteComponent(() => import("../requests/compose"), "ComposePage")),
  route("/requests/$request", lazyRouteComponent(() => import("../requests/request"), "RequestPage")),
  route("/orders", lazyRouteComponent(() => import("../orders/list"), "OrdersPage")),
  route("/orders/new", lazyRouteComponent(() => import("../orders/new"), "NewOrderPage")),
  route("/orders/$order", lazyRouteComponent(() => import("../orders/order"), "OrderPage")),
  route("/redactions/$redaction", lazyRouteComponent(desk(() => import("../vault/redaction")), "RedactionPage")),
  route("/disclosed", lazyRouteComponent(desk(() => import("../vault/disclosed")), "DisclosedPage")),
  route("/audit", lazyRouteComponent(desk(() => import("../auditor/audit")), "Audit")),
  route("/public", lazyRouteComponent(() => import("../public/overview"), "Overview")),
  route("/public/places", lazyRouteComponent(() => import("../public/places"), "PlacesPage")),
  route("/public/requests", lazyRouteComponent(() => import("../public/requests"), "PublicRequestsPage")),
  route("/public/requests/$request", lazyRouteComponent(() => import("../public/request"), "PublicRequestPage")),
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
