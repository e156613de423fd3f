import { useState, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { PostPicture } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Range } from "../home/terms-form";
import { boxAround, SPAN, type Box } from "./sending";

interface Props { picture: PostPicture; onChange: () => void; onDrop: () => void }

/** A picture before it is posted: one tap covers all faces that were found; any place can be covered by tap or sliders. */
export function Cover({ picture, onChange, onDrop }: Props) {
  const { t } = useTranslation();
  const [spot, setSpot] = useState({ x: SPAN / 2, y: SPAN / 2, size: 1_200 });
  const [isAiming, setAiming] = useState(false);
  const [turn, setTurn] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const shape = picture.width_px / Math.max(1, picture.height_px);
  const box = boxAround(spot.x, spot.y, spot.size, shape);

  async function cover(boxes: Box[]) {
    setBusy(true);
    const done = await api<PostPicture>("PUT", `/neighbors/pictures/${picture.id}/covers`, { boxes });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    setAiming(false);
    setTurn(turn + 1);
    onChange();
  }
  function aim(event: MouseEvent<HTMLButtonElement>) {
    const area = event.currentTarget.getBoundingClientRect();
    if (event.detail > 0) setSpot({ ...spot, x: (event.clientX - area.left) / area.width * SPAN, y: (event.clientY - area.top) / area.height * SPAN });
    setAiming(true);
  }

  return (
    <div className="stack tight">
      <button type="button" className="cover-picture" onClick={aim} aria-label={t("neighbors.cover_hint")}>
        <img src={`/api/neighbors/pictures/${picture.id}/file?${turn}`} alt="" />
        {picture.faces.map((face) => <span key={face.join()} className="cover-face" style={placed(face)} />)}
        {isAiming && <span className="cover-box" style={placed(box)} />}
      </button>
      <p className="hint" role="status">
        {t(turn > 0 && picture.faces.length === 0 ? "neighbors.cover_done" : picture.faces.length === 0 ? "neighbors.picture_faces_none" : "neighbors.cover_hint")}
      </p>
      {isAiming && (
        <>
          <Range id={`x-${picture.id}`} label={t("neighbors.cover_from_left")} min={0} max={SPAN} step={50} value={spot.x}
            shown={percent(spot.x)} onChange={(x) => setSpot({ ...spot, x })} />
          <Range id={`y-${picture.id}`} label={t("neighbors.cover_from_top")} min={0} max={SPAN} step={50} value={spot.y}
            shown={percent(spot.y)} onChange={(y) => setSpot({ ...spot, y })} />
          <Range id={`s-${picture.id}`} label={t("neighbors.cover_size")} min={200} max={6_000} step={100} value={spot.size}
            shown={percent(spot.size)} onChange={(size) => setSpot({ ...spot, size })} />
        </>
      )}
      <div className="row">
        {picture.faces.length > 0 && (
          <Button look="primary" busy={busy} onClick={() => void cover(picture.faces as Box[])}>
            {t("neighbors.cover_all", { count: picture.faces.length })}
          </Button>
        )}
        {isAiming && <Button busy={busy} onClick={() => void cover([box])}>{t("neighbors.cover_here")}</Button>}
        <Button look="quiet" onClick={onDrop}>{t("neighbors.picture_drop")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </div>
  );
}

function placed(box: readonly number[]): { left: string; top: string; width: string; height: string } {
  const [left = 0, top = 0, right = 0, bottom = 0] = box;
  return { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) };
}

function percent(share: number): string {
  return `${Math.round(share / 10) / 10}%`;
}
