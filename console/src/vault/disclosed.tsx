import type { TFunction } from "i18next";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Disclosed, DisclosedItem, Export, ItemFile } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime, day } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Door } from "./disclosed-door";
import { AddPasskey } from "./recipient-passkeys";
import { Watch } from "./watch";
import { bytesText } from "./words";
import "./vault.css";

/** What one recipient is shown, by link and pass-phrase, without an account. */
export function DisclosedPage() {
  const [shown, setShown] = useState<Disclosed>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    void api<Disclosed>("GET", "/disclosed").then((answer) => answer.ok && setShown(answer.data));
  }, []);
  if (shown) return <Items shown={shown} onOver={(over) => { setShown(undefined); setProblem(over); }} />;
  return <Door problem={problem} onOpen={setShown} />;
}

function Items({ shown, onOver }: { shown: Disclosed; onOver: (problem: Problem) => void }) {
  const { t, i18n } = useTranslation();
  useEffect(() => {
    const timer = setInterval(() => {
      void api("GET", "/disclosed/state").then((answer) => !answer.ok && answer.problem.status !== 0 && onOver(answer.problem));
    }, 5_000);
    return () => clearInterval(timer);
  }, [onOver]);
  return (
    <main className="page wide" id="main">
      <header className="stack tight">
        <h1>{t("vault.shown_title", { agency: shown.agency })}</h1>
        <p className="muted">{t("vault.shown_to", { name: shown.recipient, kind: codeText(t, "recipient", shown.recipient_kind) })} · {t("vault.door_until", { day: day(shown.expires_at, i18n.language) })}</p>
      </header>
      <ul className="stack">{shown.items.map((item) => <li key={item.id}><One item={item} withOriginal={shown.with_original} /></li>)}</ul>
      <AddPasskey recipient={shown.recipient} />
    </main>
  );
}

function One({ item, withOriginal }: { item: DisclosedItem; withOriginal: boolean }) {
  const { t, i18n } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const name = item.name || codeText(t, "item_kind", item.kind);
  return (
    <article className="card stack">
      <header className="stack tight">
        <h2>{name}</h2>
        <p className="small muted">
          <span className="num">{dayAndTime(item.start ?? 0, i18n.language)}</span> · <span className="num">{bytesText(item.size_bytes, i18n.language)}</span>
          {item.original && <> · {t("vault.is_derivative")}</>}
        </p>
        <p className="mono">{item.payload_sha256}</p>
      </header>
      {isOpen && <Watch item={item.id} label={name} hasOriginal={withOriginal} />}
      {!item.is_film && !withOriginal && <p className="note" role="status">{t("vault.watch_no_film")}</p>}
      {withOriginal && <Bag item={item.id} />}
      <div className="row">
        {!isOpen && item.is_film && <Button look="primary" onClick={() => setOpen(true)}>{t("vault.play")}</Button>}
        {withOriginal && item.files.map((file) => (
          <a key={file.number} className="btn small" href={`/api/disclosed/items/${item.id}/files/${file.number}`} download>{fileText(t, item, file)}</a>
        ))}
      </div>
    </article>
  );
}

/** A redaction is two files: the copy, and the plan of what was done to it. */
function fileText(t: TFunction, item: DisclosedItem, file: ItemFile): string {
  if (!item.original) return t("vault.download", { number: file.number + 1 });
  return t(file.media_type.startsWith("video/") ? "vault.download_copy" : "vault.download_plan");
}

/** The whole with its proofs: made when it is asked for, by a program that anybody may read. */
function Bag({ item }: { item: string }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Export>();
  const [problem, setProblem] = useState<Problem>();
  const ask = useCallback(async () => {
    const answer = await api<Export>("POST", `/disclosed/items/${item}/export`);
    if (answer.ok) setMade(answer.data);
    else setProblem(answer.problem);
  }, [item]);
  const waits = made !== undefined && (made.state === "waiting" || made.state === "logging");
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void ask(), 2_000);
    return () => clearInterval(timer);
  }, [ask, waits]);
  return (
    <div className="note stack tight">
      <strong>{t("vault.bag")}</strong>
      <p className="small">{t("vault.bag_text")}</p>
      {made?.state === "ready"
        ? <div><a className="btn small" href={`/api/disclosed/items/${item}/bag`} download>{t("vault.bag_fetch")}</a></div>
        : <div><Button size="small" busy={waits} onClick={() => void ask()}>{made ? codeText(t, "export_state", made.state) : t("vault.bag_ask")}</Button></div>}
      {problem && <Failure problem={problem} />}
    </div>
  );
}
