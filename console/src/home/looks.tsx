import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Look, OwnFlag } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime, span } from "../app/format";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { LookFlag, OftenFlags, useFlags } from "./flags";
import { verifyLook, type Verdict } from "./verify";

/** Every look through one camera, each with a proof that this browser checks by itself. */
export function Looks({ camera }: { camera: string }) {
  const { t } = useTranslation();
  const looks = useLoaded<Look[]>(`/home/cameras/${camera}/looks`);
  const flags = useFlags(camera);
  return (
    <section className="stack">
      <h2>{t("home.looks")}</h2>
      <OftenFlags flags={flags} />
      <Show of={looks} lines={4}>
        {(items) => items.length === 0
          ? <Empty title={t("home.no_looks")}><p>{t("home.no_looks_text")}</p></Empty>
          : <ul className="stack">{items.map((look) => <li key={look.id}><OneLook look={look} flags={flags} /></li>)}</ul>}
      </Show>
    </section>
  );
}

function OneLook({ look, flags }: { look: Look; flags: OwnFlag[] }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card stack tight">
      <header className="row between">
        <h3 className="num">{dayAndTime(look.since, i18n.language)}</h3>
        {look.ended_at
          ? <span className="chip num">{t("home.lasted", { time: span(look.seconds) })}</span>
          : <span className="chip live">{t("home.live_now")}</span>}
      </header>
      <p>{codeText(t, "role", look.role)} {look.officer_number}, {look.agency}</p>
      <p className="muted small">
        {codeText(t, "purpose", look.purpose)} · {codeText(t, "family", look.type_family)} · {codeText(t, "distance", look.distance_band)}
        {look.proof && <> · {codeText(t, "basis", look.proof.public["basis"])}</>}
        {look.kept && <> · <strong>{t("home.look_kept")}</strong></>}
        {look.end_reason && <> · {codeText(t, "end", look.end_reason)}</>}
      </p>
      <div className="look-acts">
        <Verify look={look} />
        <LookFlag look={look.id} flags={flags} />
      </div>
    </article>
  );
}

function Verify({ look }: { look: Look }) {
  const { t } = useTranslation();
  const [verdict, setVerdict] = useState<Verdict | "no-key">();
  const [busy, setBusy] = useState(false);
  const { proof } = look;
  if (!proof) return <p className="small muted">{t("home.proof_later")}</p>;

  async function check(of: NonNullable<Look["proof"]>) {
    setBusy(true);
    const overview = await api<{ log_vkey: string }>("GET", "/public/overview");
    setVerdict(overview.ok ? await verifyLook(of, overview.data.log_vkey) : "no-key");
    setBusy(false);
  }

  if (!verdict) {
    return <div><Button size="small" busy={busy} onClick={() => void check(proof)}>{t("home.verify")}</Button></div>;
  }
  if (verdict === "no-key") return <p className="note bad" role="alert">{t("problem.offline")}</p>;
  return <Verdicts verdict={verdict} />;
}

function Verdicts({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  return (
    <div className={`note ${verdict.holds ? "good" : "bad"}`} role="status">
      <strong>{t(verdict.holds ? "home.proof_holds" : "home.proof_fails")}</strong>
      <ul className="small checks">
        {verdict.checks.map((check) => (
          <li key={check.name}>
            <span aria-hidden="true">{check.holds === undefined ? "–" : check.holds ? "✓" : "✗"}</span>
            {t(`home.check_${check.name}`)}
            {check.holds === undefined && <> ({t("home.check_unknown")})</>}
          </li>
        ))}
      </ul>
      <p className="small num">{t("home.proof_place", { index: verdict.index, size: verdict.size })}</p>
      <p className="mono">{verdict.leaf}</p>
    </div>
  );
}
