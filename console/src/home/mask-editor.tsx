import { useId, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Mask } from "../api/types";
import { Button } from "../design/button";
import { MASK_SPAN, MAX_CORNERS, MAX_SHAPES, maskOf, moved, shapesOf, withCorner, withoutLast, type Corner, type Shape } from "./mask";
import { usePicture } from "./picture";

interface Props { camera: string; person: string; mask: Mask | null; onChange: (mask: Mask | null) => void }

/** Tap corners on a picture of now, or set them with the arrow keys; what they enclose never leaves the house. */
export function MaskEditor({ camera, person, mask, onChange }: Props) {
  const { t } = useTranslation();
  const { url, fault, busy, take } = usePicture(camera, person, "whole");
  const [shapes, setShapes] = useState<Shape[]>(() => shapesOf(mask));
  const change = (next: Shape[]) => {
    setShapes(next);
    onChange(maskOf(next));
  };
  const count = maskOf(shapes)?.polygons.length ?? 0;
  const last = shapes.at(-1);
  return (
    <section className="card stack">
      <header className="stack tight">
        <h2>{t("home.mask")}</h2>
        <p className="muted small">{t("home.mask_text")}</p>
      </header>
      {url
        ? <Drawing url={url} shapes={shapes} onCorner={(corner) => change(withCorner(shapes, corner))} onUndo={() => change(withoutLast(shapes))} />
        : <div><Button busy={busy} onClick={() => void take()}>{t(count ? "home.mask_change" : "home.mask_draw")}</Button></div>}
      {fault && <p className="note bad" role="alert">{fault}</p>}
      <p className="small" role="status">{count ? t("home.mask_count", { count }) : t("home.mask_none")}</p>
      {(url || shapes.length > 0) && (
        <div className="row">
          {url && (
            <Button size="small" disabled={(last?.length ?? 0) < 3 || shapes.length >= MAX_SHAPES} onClick={() => setShapes([...shapes, []])}>
              {t("home.mask_next")}
            </Button>
          )}
          {url && <Button size="small" disabled={shapes.length === 0} onClick={() => change(withoutLast(shapes))}>{t("home.mask_undo")}</Button>}
          <Button size="small" disabled={shapes.length === 0} onClick={() => change([])}>{t("home.mask_clear")}</Button>
        </div>
      )}
    </section>
  );
}

interface DrawingProps { url: string; shapes: Shape[]; onCorner: (corner: Corner) => void; onUndo: () => void }

function Drawing({ url, shapes, onCorner, onUndo }: DrawingProps) {
  const { t } = useTranslation();
  const hint = useId();
  const [cursor, setCursor] = useState<Corner>([MASK_SPAN / 2, MASK_SPAN / 2]);
  const [said, setSaid] = useState("");
  const last = shapes.at(-1) ?? [];
  const where = (corner: Corner) => ({ x: Math.round(corner[0] / 100), y: Math.round(corner[1] / 100) });
  const put = (corner: Corner) => {
    setCursor(corner);
    if (last.length >= MAX_CORNERS) return setSaid(t("home.mask_full"));
    onCorner(corner);
    setSaid(t("home.mask_corner", where(corner)));
  };

  function tap(event: PointerEvent<HTMLButtonElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    put(moved([0, 0], ((event.clientX - box.left) / box.width) * MASK_SPAN, ((event.clientY - box.top) / box.height) * MASK_SPAN));
  }

  function key(event: KeyboardEvent<HTMLButtonElement>) {
    const step = event.shiftKey ? 1_000 : 200;
    const turn = ARROWS[event.key];
    if (turn) {
      const next = moved(cursor, turn[0] * step, turn[1] * step);
      setCursor(next);
      setSaid(t("home.mask_at", where(next)));
    } else if (event.key === "Enter" || event.key === " ") put(cursor);
    else if (event.key === "Backspace") onUndo();
    else return;
    event.preventDefault();
  }

  return (
    <div className="stack tight">
      <button type="button" className="mask-drawing" onPointerUp={tap} onKeyDown={key} aria-label={t("home.mask_area")} aria-describedby={hint}>
        <img className="shot" src={url} alt="" draggable={false} />
        <svg viewBox={`0 0 ${MASK_SPAN} ${MASK_SPAN}`} preserveAspectRatio="none" aria-hidden="true">
          {shapes.map((shape, index) => <polygon key={index} className="mask-shape" points={shape.join(" ")} />)}
          <polyline className="mask-line" points={last.join(" ")} />
        </svg>
        {last.map((corner, index) => <i key={index} className="mask-corner" style={at(corner)} />)}
        <i className="mask-cursor" style={at(cursor)} />
      </button>
      <p className="hint" id={hint}>{t("home.mask_hint")}</p>
      <p className="vh" role="status">{said}</p>
    </div>
  );
}

const ARROWS: Record<string, Corner> = { ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1] };

function at([x, y]: Corner) {
  return { left: `${x / 100}%`, top: `${y / 100}%` };
}
