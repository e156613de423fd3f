import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { ItemDetail, Role, Session } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { KEEPERS, rolesOf, Seated, WATCHERS } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { NameInOrder } from "../orders/name-link";
import { Custody } from "./custody";
import { Disclosures } from "./disclosures";
import { Exports } from "./exports";
import { Holds } from "./holds";
import { ItemCases } from "./item-cases";
import { Notes } from "./notes";
import { Player } from "./player";
import { Redactions } from "./redactions";
import { Rename } from "./rename";
import { Verified } from "./verified";
import { bytesText, kept } from "./words";
import "./vault.css";

export function ItemPage() {
  return <Seated roles={KEEPERS}>{(session) => <Loading session={session} />}</Seated>;
}

function Loading({ session }: { session: Session }) {
  const { item } = useParams({ from: "/items/$item" });
  const found = useLoaded<ItemDetail>(`/items/${item}`, { refetchInterval: 15_000, isSettled: (one) => one.state === "shredded" });
  return (
    <main className="page wide" id="main">
      <Show of={found} lines={8}>{(one) => <One item={one} roles={rolesOf(session)} />}</Show>
    </main>
  );
}

/** One item: its pictures, what is true of it, who did what with it, and who may see it. */
function One({ item, roles }: { item: ItemDetail; roles: Role[] }) {
  const { t } = useTranslation();
  const name = item.name || codeText(t, "item_kind", item.kind);
  const isThere = item.state !== "shredded" && item.state !== "empty";
  const mayWatch = roles.some((role) => WATCHERS.includes(role));
  const camera = item.camera && item.start && item.end
    && <NameInOrder target="camera" about={item.camera} from={Date.parse(item.start)} to={Date.parse(item.end)} />;
  return (
    <>
      <header className="stack tight">
        <p className="small"><Link to="/items">{t("vault.title")}</Link></p>
        <div className="row between">
          <h1>{name}</h1>
          <span className={`chip ${item.state === "sealed" ? "good" : item.state === "open" ? "live" : ""}`}>{codeText(t, "item_state", item.state)}</span>
        </div>
        <p className="muted">{t(`vault.state_${item.state}`)}</p>
        {isThere && mayWatch && <Rename item={item.id} name={name} />}
        {isThere && <div className="row"><NameInOrder target="item" about={item.id} />{camera}</div>}
      </header>
      {isThere && mayWatch && item.files.length > 0 && <Opening item={item} name={name} />}
      <div className="item-columns">
        <div className="stack">
          <Facts item={item} />
          {item.payload_sha256 && <Verified item={item} />}
          <ItemCases item={item} mayChange={isThere && mayWatch} />
          <Holds item={item} roles={roles} />
          <Notes item={item} mayWrite={mayWatch} />
          {item.state === "sealed" && roles.some((role) => role === "supervisor" || role === "auditor") && (
            <Disclosures item={item} mayMake={roles.includes("supervisor")} />
          )}
          {item.state === "sealed" && item.kind !== "derivative" && item.media_type.startsWith("video/") && <Redactions item={item.id} mayMake={mayWatch} />}
          {item.state === "sealed" && <Exports item={item.id} mayMake={mayWatch} />}
        </div>
        <Custody acts={item.custody} />
      </div>
    </>
  );
}

/** Nothing is shown before somebody said why: the reason stands in custody. */
function Opening({ item, name }: { item: ItemDetail; name: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const pathOf = useCallback((number: number) => `/api/items/${item.id}/files/${number}`, [item.id]);

  async function open(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const why = String(new FormData(event.currentTarget).get("why"));
    const answer = await api("POST", `/items/${item.id}/open`, { why });
    setProblem(answer.ok ? undefined : answer.problem);
    setOpen(answer.ok);
  }

  if (isOpen) return <Player files={item.files} label={name} pathOf={pathOf} />;
  return (
    <form className="card row opening" onSubmit={(event) => void open(event)}>
      <div className="field"><label htmlFor="o-why">{t("vault.open_why")}</label>
        <input className="input" id="o-why" name="why" required maxLength={400} placeholder={t("vault.open_why_eg")} /></div>
      <Button type="submit" look="primary">{t("vault.open")}</Button>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function Facts({ item }: { item: ItemDetail }) {
  const { t, i18n } = useTranslation();
  const time = (value: string | null) => (value ? dayAndTime(value, i18n.language) : "–");
  return (
    <section className="card stack" aria-label={t("vault.facts")}>
      <h2>{t("vault.facts")}</h2>
      <dl className="facts">
        <dt>{t("vault.kind")}</dt><dd>{codeText(t, "item_kind", item.kind)}</dd>
        <dt>{t("vault.recorded")}</dt><dd className="num">{time(item.start)} – {time(item.end)}</dd>
        <dt>{t("vault.size")}</dt><dd className="num">{bytesText(item.size_bytes, i18n.language)}, {t("vault.files", { count: item.files.length })}</dd>
        <dt>{t("vault.keeps")}</dt><dd>{kept(t, item, i18n.language) || "–"}</dd>
        {item.original && <><dt>{t("vault.original")}</dt><dd><Link to="/items/$item" params={{ item: item.original }}>{t("vault.original_link")}</Link></dd></>}
        {item.derivatives.length > 0 && (
          <><dt>{t("vault.derivatives")}</dt>
            <dd>{item.derivatives.map((one, place) => <Link key={one} className="derivative" to="/items/$item" params={{ item: one }}>{t("vault.derivative_link", { number: place + 1 })}</Link>)}</dd></>
        )}
        <dt>{t("vault.sealed_at")}</dt><dd className="num">{time(item.sealed_at)}</dd>
      </dl>
      <details>
        <summary>{t("vault.files_each", { count: item.files.length })}</summary>
        <ol className="hashes">
          {item.files.map((file) => (
            <li key={file.number}><span className="num">{time(file.start)}, {bytesText(file.size_bytes, i18n.language)}</span><span className="mono">{file.sha256}</span></li>
          ))}
        </ol>
      </details>
    </section>
  );
}
