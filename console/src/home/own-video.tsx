import { useTranslation } from "react-i18next";
import { codeText } from "../app/codes";
import type { OwnView } from "./use-own-line";

/** The glass of an own look. Its room is kept, so that nothing jumps. */
export function OwnVideo({ view, label, waiting, hint }: { view: OwnView; label: string; waiting: boolean; hint: string }) {
  const { t } = useTranslation();
  const isDark = view.showing === "";
  return (
    <div className="tile-glass own-glass">
      <video ref={view.video} muted playsInline aria-label={label} />
      {isDark && <div className="tile-cover" role="status">
        {waiting ? <><span className="spin" aria-hidden="true" /><span>{t("home.own_wait")}</span></> : <span>{hint}</span>}
      </div>}
      {!isDark && view.camera && (
        <div className="tile-cover" role="status"><strong>{t("shell.camera_silent")}</strong><span className="small">{codeText(t, "health", view.camera)}</span></div>
      )}
      {!isDark && <div className="tile-mark"><span>{t(view.showing === "live" ? "home.own_mark_live" : "home.own_mark_play")}</span></div>}
    </div>
  );
}

/** Why an own look ended, or why something of it was refused. */
export function OwnFault({ view, fault }: { view: OwnView; fault: string }) {
  const { t } = useTranslation();
  const reason = fault || (view.state.at === "ended" ? view.state.reason : "");
  if (!reason) return null;
  const isQuiet = reason === "expired" || reason === "closed";
  return <p className={`note ${isQuiet ? "" : "bad"}`} role="alert">{codeText(t, "own_end", reason.replace(/^edge:/, ""), t("home.own_fault"))}</p>;
}
