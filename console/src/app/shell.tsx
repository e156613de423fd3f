import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Session } from "../api/types";
import { LanguageChoice, ThemeChoice } from "./choices";
import { NewVersion } from "./new-version";
import { KEEPERS, ORDER_READERS, rolesOf, SENDERS, SPEAKERS, useSession, WATCHERS } from "./session";

/** Header, the page, and nothing else; focus goes to the page's top when the address changes. */
export function Shell() {
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    document.getElementById("page")?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip" href="#page">{t("shell.skip")}</a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/icon.svg" width="28" height="28" alt="" />
          <span>Consentry</span>
        </Link>
        <Navigation />
        <div className="top-end">
          <LanguageChoice />
          <ThemeChoice />
        </div>
      </header>
      <NewVersion />
      <div id="page" className="page-slot" tabIndex={-1}><Outlet /></div>
    </>
  );
}

function Navigation() {
  const { t } = useTranslation();
  const session = useSession();
  const roles = session.state === "ready" ? rolesOf(session.data) : [];
  return (
    <nav className="nav" aria-label={t("shell.nav")}>
      {roles.some((role) => WATCHERS.includes(role)) && <Link to="/watch">{t("shell.watch")}</Link>}
      {roles.some((role) => SENDERS.includes(role)) && <Link to="/field">{t("shell.field")}</Link>}
      {roles.some((role) => KEEPERS.includes(role)) && <Link to="/items">{t("shell.vault")}</Link>}
      {roles.some((role) => KEEPERS.includes(role)) && <Link to="/requests">{t("shell.requests")}</Link>}
      {roles.some((role) => ORDER_READERS.includes(role)) && <Link to="/orders">{t("shell.orders")}</Link>}
      {roles.includes("owner") && <Link to="/home" activeOptions={{ exact: true }}>{t("shell.home")}</Link>}
      {roles.includes("owner") && <Link to="/home/withdraw">{t("shell.withdraw")}</Link>}
      {roles.includes("owner") && <Link to="/neighbors">{t("shell.neighbors")}</Link>}
      {roles.some((role) => SPEAKERS.includes(role)) && <Link to="/desk">{t("shell.desk")}</Link>}
      {roles.includes("moderator") && <Link to="/moderate">{t("shell.moderate")}</Link>}
      {roles.includes("manager") && <Link to="/manage">{t("shell.manage")}</Link>}
      {roles.includes("auditor") && <Link to="/audit">{t("shell.audit")}</Link>}
      <Link to="/alerts">{t("shell.alerts")}</Link>
      <Link to="/public" activeOptions={{ exact: true }}>{t("shell.public")}</Link>
      <Link to="/public/policy">{t("shell.policy")}</Link>
      {session.state === "ready" && session.data.person && <Who session={session.data} />}
    </nav>
  );
}

function Who({ session }: { session: Session }) {
  const { t } = useTranslation();
  return <Link to="/account" title={session.name}>{t("shell.account")}</Link>;
}
