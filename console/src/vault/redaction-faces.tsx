import { useTranslation } from "react-i18next";
import type { RedactionEdits, RedactionFound } from "../api/types";
import type { Change } from "./redaction-bench";
import { clock, withoutMoves } from "./redacting";

interface Props { found: RedactionFound; edits: RedactionEdits; change: (next: Change) => void; goTo: (frame: number) => void }

/** Faces that were found, each hidden unless somebody says that it is none. */
export function Faces({ found, edits, change, goTo }: Props) {
  const { t } = useTranslation();

  function set(name: string, isHidden: boolean) {
    change((now) => ({ ...now, dismissed: [...now.dismissed.filter((one) => one !== name), ...(isHidden ? [] : [name])].toSorted() }));
  }

  return (
    <section className="card stack" aria-label={t("redaction.faces")}>
      <h2>{t("redaction.faces")}</h2>
      <p className="muted small" id="face-keys">{t("redaction.faces_hint")}</p>
      {found.tracks.length === 0
        ? <p className="muted">{t("redaction.faces_none")}</p>
        : (
          <ul className="face-list">
            {found.tracks.map((track) => {
              const first = track.finds[0]?.[0] ?? 0;
              const last = track.finds.at(-1)?.[0] ?? first;
              const moves = edits.moves.filter((move) => move.track === track.name).length;
              return (
                <li key={track.name} className="row between face-line">
                  <label className="check" htmlFor={`face-${track.name}`}>
                    <input id={`face-${track.name}`} type="checkbox" checked={!edits.dismissed.includes(track.name)} onChange={(event) => set(track.name, event.target.checked)} />
                    <span>{t("redaction.face", { name: Number(track.name) + 1 })}</span>
                  </label>
                  <button type="button" className="btn quiet small num" onClick={() => goTo(first)}>
                    <span className="vh">{t("redaction.go_to", { name: Number(track.name) + 1 })}</span>
                    {clock(found.at_us[first] ?? 0)} – {clock(found.at_us[last] ?? 0)}
                  </button>
                  {moves > 0 && (
                    <span className="row face-moved">
                      <span className="small muted">{t("redaction.face_moved", { count: moves })}</span>
                      <button type="button" className="btn quiet small" onClick={() => change((now) => withoutMoves(now, track.name))}>
                        {t("redaction.face_back")}<span className="vh"> {t("redaction.face", { name: Number(track.name) + 1 })}</span>
                      </button>
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
        )}
    </section>
  );
}
