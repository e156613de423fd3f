/** Who is signed in, what they may see, and the doors in front of each page. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { listen } from "../api/events";
import { Show, useLoaded, type Loaded } from "../api/loaded";
import type { Role, Session } from "../api/types";

const Door = lazy(() => import("../door/door").then((module) => ({ default: module.Door })));
const Offline = lazy(() => import("../home/offline").then((module) => ({ default: module.Offline })));
const SecondFactor = lazy(() => import("../door/second").then((module) => ({ default: module.SecondFactor })));

export const WATCHERS: readonly Role[] = ["analyst", "officer", "supervisor"];

/** Who works with what the vault keeps. */
export const KEEPERS: readonly Role[] = ["analyst", "officer", "supervisor", "auditor"];

/** Who may send a picture of their own. */
export const SENDERS: readonly Role[] = ["officer", "supervisor", "manager"];

/** Who answers neighbours in the name of an agency. */
export const SPEAKERS: readonly Role[] = ["analyst", "officer", "supervisor", "manager"];

/** Who writes down court orders; two others review them. */
export const DRAWERS: readonly Role[] = ["manager", "supervisor"];

/** Who reads an agency's court orders. */
export const ORDER_READERS: readonly Role[] = ["analyst", "officer", "supervisor", "manager", "auditor"];

export function useSession(): Loaded<Session> {
  return useLoaded<Session>("/session", { staleTime: 30_000 });
}

export function rolesOf(session: Session): Role[] {
  return session.seats.map((seat) => seat.role);
}

/** The agency where the person has this seat; "" without one. */
export function agencyOf(session: Session, role: Role): string {
  return session.seats.find((seat) => seat.role === role)?.agency ?? "";
}

/** The page that a person starts on. */
export function startPage(session: Session): "/watch" | "/manage" | "/audit" | "/moderate" | "/home" {
  const roles = rolesOf(session);
  if (roles.some((role) => WATCHERS.includes(role))) return "/watch";
  if (roles.includes("manager")) return "/manage";
  if (roles.includes("auditor")) return "/audit";
  if (roles.includes("moderator")) return "/moderate";
  return "/home";
}

interface SeatedProps { roles: readonly Role[]; children: (session: Session) => ReactNode }

/** Show the page to these roles; else the door, the second factor, or why not. Rights are the server's to check. */
export function Seated({ roles, children }: SeatedProps) {
  const session = useSession();
  if (session.state === "failed" && session.problem.kind === "offline") {
    return <Suspense><Offline retry={session.retry} /></Suspense>;
  }
  return (
    <Show of={session} lines={6}>
      {(data) => <Inside session={data} roles={roles}>{children}</Inside>}
    </Show>
  );
}

function Inside({ session, roles, children }: SeatedProps & { session: Session }) {
  const { t } = useTranslation();
  if (!session.person) return <Suspense><Door /></Suspense>;
  if (session.needs_second_factor) return <Suspense><SecondFactor session={session} /></Suspense>;
  const held = rolesOf(session);
  if (!roles.some((role) => held.includes(role))) {
    return (
      <main className="page" id="main">
        <h1>{t("shell.not_yours_title")}</h1>
        <p className="lead">{t("shell.not_yours_text")}</p>
      </main>
    );
  }
  return <Listening key={session.person} after={session.events_after}>{children(session)}</Listening>;
}

/** Show the page to whoever is signed in, of any role; else the door. */
export function SignedIn({ children }: { children: (session: Session) => ReactNode }) {
  return (
    <Show of={useSession()} lines={6}>
      {(session) => session.person
        ? <Listening key={session.person} after={session.events_after}>{children(session)}</Listening>
        : <Suspense><Door /></Suspense>}
    </Show>
  );
}

/** The session is fetched again and again; the stream began at the first, and goes on by itself. */
function Listening({ after, children }: { after: number; children: ReactNode }) {
  const client = useQueryClient();
  const first = useRef(after);
  useEffect(() => listen(client, first.current), [client]);
  return children;
}
