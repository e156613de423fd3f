import { useQueryClient } from "@tanstack/react-query";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { keepLoaded } from "../api/loaded";
import type { RedactionEdited, RedactionFound, ReviewedRange } from "../api/types";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Dialog } from "../design/dialog";
import { Failure } from "../design/failure";
import type { Look, RangeReel } from "./range-reel";
import { clock, nextUnseen, summaryOf } from "./redacting";

interface Props {
  found: RedactionFound; edited: RedactionEdited; look: Look; number: number; reel: RefObject<RangeReel | null>;
  /** Ranges that were on the glass to the last frame. */
  watched: readonly number[]; goTo: (frame: number) => void; onLook: () => void;
}

/** Which ranges somebody has looked at as they will go out; only when all were may it be released. */
export function Review({ found, edited, look, number, reel, watched, goTo, onLook }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();
  const [isReleasing, setReleasing] = useState(false);
  const { ranges } = edited;
  const range = ranges[number];
  const unseen = summaryOf(found, edited).unseen;
  const isWatched = watched.includes(number);

  function open(place: number) {
    goTo(ranges[place]?.start ?? 0);
    onLook();
  }

  async function say() {
    const sha256 = reel.current?.shownOf(number) ?? "";
    const path = `/redactions/${edited.id}`;
    const made = await api<RedactionEdited>("POST", `${path}/ranges/${number}/review`, { sha256 });
    setProblem(made.ok ? undefined : made.problem);
    if (!made.ok) {
      await client.invalidateQueries({ queryKey: ["redactions", edited.id, "edits"] });
      return;
    }
    keepLoaded(client, `${path}/edits`, made.data);
    const next = nextUnseen(made.data.ranges, number);
    if (next !== undefined) goTo(made.data.ranges[next]?.start ?? 0);
  }

  return (
    <section className="card stack" aria-label={t("redaction.review")}>
      <div className="row between">
        <h2>{t("redaction.review")}</h2>
        <span className={`chip ${unseen ? "warn" : "good"}`} role="status">{t("redaction.review_count", { seen: ranges.length - unseen, count: ranges.length })}</span>
      </div>
      <p className="muted small">{t("redaction.review_hint")}</p>
      <ol className="strip">
        {ranges.map((one, place) => (
          <li key={one.start}>
            <button type="button" className={`strip-part ${one.reviewed_at ? "seen" : ""}`} aria-current={place === number ? "true" : undefined} onClick={() => open(place)}>
              <span className="num">{clock(found.at_us[one.start] ?? 0)}</span>
              <Said range={one} />
            </button>
          </li>
        ))}
      </ol>
      {look === "hidden" && range && !range.reviewed_at && (
        <div className="row">
          <Button look="primary" disabled={!isWatched} onClick={() => void say()}>{t("redaction.seen_it")}</Button>
          {!isWatched && <p className="muted small">{t("redaction.watch_first")}</p>}
        </div>
      )}
      {look === "original" && unseen > 0 && <div><Button onClick={() => open(nextUnseen(ranges, number - 1) ?? number)}>{t("redaction.review_go")}</Button></div>}
      {problem && <Failure problem={problem} />}
      <div className="row">
        <Button look="primary" disabled={unseen > 0} onClick={() => setReleasing(true)}>{t("redaction.release")}</Button>
        {unseen > 0 && <p className="muted small">{t("redaction.release_waits", { count: unseen })}</p>}
      </div>
      {isReleasing && <Release found={found} edited={edited} onClose={() => setReleasing(false)} />}
    </section>
  );
}

function Said({ range }: { range: ReviewedRange }) {
  const { t, i18n } = useTranslation();
  if (!range.reviewed_at) return <span className="small">{t("redaction.unseen")}</span>;
  return <span className="small" title={dayAndTime(range.reviewed_at, i18n.language)}>{t("redaction.seen_by", { name: range.reviewer })}</span>;
}

/** What goes out, said once more before it does. */
function Release({ found, edited, onClose }: { found: RedactionFound; edited: RedactionEdited; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const sum = summaryOf(found, edited);

  async function release() {
    setBusy(true);
    const made = await api("POST", `/redactions/${edited.id}/release`, { revision: edited.revision });
    setBusy(false);
    setProblem(made.ok ? undefined : made.problem);
    await client.invalidateQueries({ queryKey: ["redactions"] });
  }

  return (
    <Dialog title={t("redaction.release_title")} onClose={onClose}>
      <ul className="terms-list">
        {edited.finds_faces && <li>{t("redaction.sum_faces", { count: sum.faces })}</li>}
        {sum.shown > 0 && <li>{t("redaction.sum_shown", { count: sum.shown })}</li>}
        {!edited.finds_faces && <li>{t("redaction.sum_by_hand")}</li>}
        <li>{t("redaction.sum_regions", { count: sum.regions })}</li>
        <li>{sum.silent ? t("redaction.sum_silent") : t("redaction.sum_spans", { count: sum.spans })}</li>
        <li>{t("redaction.sum_seen", { names: [...new Set(edited.ranges.map((range) => range.reviewer))].join(", ") })}</li>
      </ul>
      <p className="muted">{t("redaction.release_text")}</p>
      <div className="row"><Button look="primary" busy={busy} onClick={() => void release()}>{t("redaction.release_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </Dialog>
  );
}
