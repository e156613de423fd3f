import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Ask, AskSession } from "../api/types";
import { codeText } from "../app/codes";
import { useNow } from "../app/format";
import { Button } from "../design/button";
import { SessionTile } from "../live/tile";
import type { SetPlace } from "./asks";

interface WallProps { asks: string[]; onDismiss: (ask: string) => void; onPlace: SetPlace }

/** Everything asked for in this tab: what is waited for, what was refused, what is live. */
export function Wall({ asks, onDismiss, onPlace }: WallProps) {
  const { t } = useTranslation();
  if (asks.length === 0) return null;
  return (
    <section className="wall" aria-label={t("analyst.wall")}>
      {asks.map((id) => <OneAsk key={id} id={id} onDismiss={() => onDismiss(id)} onPlace={onPlace} />)}
    </section>
  );
}

function OneAsk({ id, onDismiss, onPlace }: { id: string; onDismiss: () => void; onPlace: SetPlace }) {
  const { t } = useTranslation();
  const ask = useLoaded<Ask>(`/asks/${id}`, { refetchInterval: 4_000, holds: true, isSettled: isOver });
  const [gone, setGone] = useState<readonly string[]>([]);
  return (
    <Show of={ask} lines={2}>
      {(data) => {
        const left = newestPerGrant(data.sessions).filter((session) => !gone.includes(session.id));
        return (
          <>
            <Stages ask={data} />
            {data.second_person && <p className="note good" role="status">{t("analyst.agreed_again")}</p>}
            {left.map((session) => (
              <SessionTile
                key={session.grant} ask={id} session={session} onPlace={onPlace}
                onDismiss={() => {
                  setGone([...gone, session.id]);
                  if (left.length === 1 && data.state === "decided" && data.refusals.length === 0) onDismiss();
                }}
              />
            ))}
            <Refusal ask={data} onDismiss={onDismiss} />
          </>
        );
      }}
    </Show>
  );
}

/** Decided, and no look of it runs. */
export function isOver(ask: Ask): boolean {
  return ask.state === "decided" && ask.sessions.every((session) => session.ended);
}

/** More time makes a new session under the same grant: the tile changes over to it. */
export function newestPerGrant(sessions: AskSession[]): AskSession[] {
  const newest = new Map<string, AskSession>();
  for (const session of sessions) {
    const known = newest.get(session.grant);
    if (!known || known.since < session.since) newest.set(session.grant, session);
  }
  return [...newest.values()];
}

/** Asking owners: with seconds, so that nobody wonders whether it still runs. */
function Stages({ ask }: { ask: Ask }) {
  const { t } = useTranslation();
  const since = new Date(ask.asked_at).getTime();
  const now = useNow(500);
  if (ask.state === "decided") return null;
  return (
    <div className="card stage" role="status">
      <span className="spin" aria-hidden="true" />
      <div>
        <strong>{t("analyst.stage_owners")}</strong>
        <p className="muted small">{t("analyst.stage_owners_text")}</p>
      </div>
      <span className="num muted" aria-hidden="true">{t("live.seconds", { count: Math.max(0, Math.floor((now - since) / 1000)) })}</span>
    </div>
  );
}

/** What a second person may do for it. */
function MoreViews({ ask }: { ask: Ask }) {
  const { t } = useTranslation();
  const bounded = ask.refusals.every((refusal) => refusal.rule === "incident.cameras");
  if (!ask.incident || !bounded || ask.second_person) return null;
  return <p className="muted small">{t("analyst.agree_may")}</p>;
}

/** Each rule that said no, in its own words, and what may be done instead. */
function Refusal({ ask, onDismiss }: { ask: Ask; onDismiss: () => void }) {
  const { t } = useTranslation();
  if (ask.refusals.length === 0 && !(ask.state === "decided" && ask.no_further_view)) return null;
  return (
    <div className="card stack refusal" role="status">
      <header className="row between">
        <h3>{t(ask.sessions.length > 0 ? "analyst.no_more" : "analyst.refused")}</h3>
        <Button size="small" look="quiet" onClick={onDismiss}>{t("live.dismiss")}</Button>
      </header>
      {ask.refusals.length > 0 && <p className="small">{t("analyst.not_met")}</p>}
      {ask.refusals.length > 0 && (
        <ul className="rules">
          {ask.refusals.map((refusal) => (
            <li key={refusal.rule}>{codeText(t, "rule", refusal.rule.replaceAll(".", "_"), refusal.text)}<span className="mono muted"> {refusal.rule}</span></li>
          ))}
        </ul>
      )}
      {ask.no_further_view && <p>{t("analyst.no_further_view")}</p>}
      <MoreViews ask={ask} />
      {ask.alternatives.length > 0 && (
        <div className="stack tight">
          <strong className="small">{t("analyst.instead")}</strong>
          <ul className="rules good">
            {ask.alternatives.map((way) => (
              <li key={way.kind + (way.camera ?? "")}>
                {way.kind === "video_request" ? <Link to="/requests/new">{codeText(t, "alternative", way.kind)}</Link> : codeText(t, "alternative", way.kind)}
                {way.name && `: ${way.name}`}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
