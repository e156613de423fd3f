import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { OrderKind, OrderMade, Session } from "../api/types";
import { codeText } from "../app/codes";
import { agencyOf, DRAWERS, rolesOf, Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { useFreshFactor } from "../door/fresh";
import { putDocument } from "./document";
import { firstLine, KINDS, lastDay, localOf, namesCourt, orderOf, targetsOf, type DraftLine } from "./draft";
import { LinesField } from "./lines-field";
import "./orders.css";

export function NewOrderPage() {
  return <Seated roles={DRAWERS}>{(session) => <Draw session={session} />}</Seated>;
}

function Draw({ session }: { session: Session }) {
  const { t } = useTranslation();
  const agency = agencyOf(session, "manager") || agencyOf(session, "supervisor");
  const kinds = rolesOf(session).includes("supervisor") ? KINDS : KINDS.filter((kind) => kind !== "exigent");
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <p className="small"><Link to="/orders">← {t("orders.title")}</Link></p>
        <h1>{t("orders.new")}</h1>
        <p className="lead">{t("orders.new_lead")}</p>
      </header>
      <Form agency={agency} kinds={kinds} />
    </main>
  );
}

function Form({ agency, kinds }: { agency: string; kinds: readonly OrderKind[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [now] = useState(() => Date.now());
  const [lines, setLines] = useState<DraftLine[]>(() => [firstLine(location.search, now)]);
  const [kind, setKind] = useState<OrderKind>(() => lines[0]?.target === "item" ? "preservation" : "search_warrant");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { withFactor, form: proof } = useFreshFactor();

  function become(next: OrderKind) {
    setKind(next);
    const allowed = targetsOf(next);
    setLines(lines.map((line) => allowed.includes(line.target) ? line : { ...line, target: allowed[0] ?? "camera", about: "" }));
  }

  async function draw(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    const made = await withFactor(() => api<OrderMade>("POST", "/orders", orderOf(agency, kind, said, lines)));
    const file = said.get("document");
    const put = made.ok && file instanceof File && file.size > 0 ? await putDocument(made.data.id, file) : undefined;
    setBusy(false);
    if (!made.ok) return setProblem(made.problem);
    if (put && !put.ok) setProblem(put.problem);
    await navigate({ to: "/orders/$order", params: { order: made.data.id } });
  }

  return (
    <form className="stack" onSubmit={(event) => void draw(event)}>
      <div className="field"><label htmlFor="o-kind">{t("orders.kind")}</label>
        <select className="input" id="o-kind" value={kind} aria-describedby="o-kind-hint" onChange={(event) => become(event.target.value as OrderKind)}>
          {kinds.map((one) => <option key={one} value={one}>{codeText(t, "order_kind", one)}</option>)}
        </select>
        <span className="hint" id="o-kind-hint">{codeText(t, "order_kind_does", kind)}</span></div>
      {namesCourt(kind) && (
        <div className="order-two">
          <Text name="court" label={t("orders.court")} />
          <Text name="judge" label={t("orders.judge")} />
        </div>
      )}
      {kind !== "exigent" && <Text name="docket" label={t("orders.docket")} />}
      <Text name="phone" label={t("orders.phone")} hint={t("orders.phone_hint")} />
      <LinesField kind={kind} lines={lines} onChange={setLines} />
      <Words name="words" label={t("orders.words")} hint={t("orders.words_hint")} />
      {kind === "exigent" && <Words name="certificate" label={t("orders.certificate")} hint={t("orders.certificate_hint")} />}
      {kind === "preservation" && <Text name="renews" label={t("orders.renews")} hint={t("orders.renews_hint")} optional />}
      <div className="order-two">
        <Moment name="issued" label={t("orders.issued")} value={localOf(now - 60_000)} />
        <Moment key={kind} name="expires" label={t("orders.expires")} value={lastDay(kind, now)} />
      </div>
      {kind !== "preservation" && <Moment name="seal" label={t("orders.seal")} hint={t(kind === "exigent" ? "orders.seal_exigent" : "orders.seal_hint")} />}
      {kind !== "exigent" && (
        <div className="field"><label htmlFor="o-document">{t("orders.document")}</label>
          <input className="input file" id="o-document" name="document" type="file" accept="application/pdf" aria-describedby="o-document-hint" />
          <span className="hint" id="o-document-hint">{t("orders.document_hint")}</span></div>
      )}
      {problem && <OrderFailure problem={problem} />}
      <Button type="submit" look="primary" size="big" busy={busy}>{t("orders.draw")}</Button>
      <p className="small muted">{t(kind === "exigent" ? "orders.draw_exigent" : "orders.draw_text")}</p>
      {proof}
    </form>
  );
}

/** Rules that failed, each in its own words. */
export function OrderFailure({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  if (!problem.conditions?.length) return <Failure problem={problem} />;
  return (
    <div className="note bad" role="alert">
      <ul className="terms-list">{problem.conditions.map((rule) => <li key={rule}>{codeText(t, "order_rule", rule.replaceAll(".", "_"))}</li>)}</ul>
    </div>
  );
}

interface FieldProps { name: string; label: string; hint?: string; optional?: boolean; value?: string }

function Text({ name, label, hint, optional }: FieldProps) {
  return (
    <div className="field"><label htmlFor={`o-${name}`}>{label}</label>
      <input className="input" id={`o-${name}`} name={name} required={!optional} maxLength={200} aria-describedby={hint ? `o-${name}-hint` : undefined} />
      {hint && <span className="hint" id={`o-${name}-hint`}>{hint}</span>}</div>
  );
}

function Words({ name, label, hint }: FieldProps) {
  return (
    <div className="field"><label htmlFor={`o-${name}`}>{label}</label>
      <textarea className="input" id={`o-${name}`} name={name} required rows={4} maxLength={2000} aria-describedby={`o-${name}-hint`} />
      <span className="hint" id={`o-${name}-hint`}>{hint}</span></div>
  );
}

function Moment({ name, label, hint, value }: FieldProps) {
  return (
    <div className="field"><label htmlFor={`o-${name}`}>{label}</label>
      <input className="input" id={`o-${name}`} name={name} type="datetime-local" required={!hint} defaultValue={value} aria-describedby={hint ? `o-${name}-hint` : undefined} />
      {hint && <span className="hint" id={`o-${name}-hint`}>{hint}</span>}</div>
  );
}
