import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from "react";
import { changedBox, SPAN, type Box } from "./redacting";

type Side = "all" | "nw" | "ne" | "sw" | "se";

interface Props {
  /** What a screen reader calls it. */
  label: string; box: Box; isChosen: boolean; look?: "face";
  onChoose: () => void; onBox: (box: Box) => void; onRemove: () => void;
}

const CORNERS = ["nw", "ne", "sw", "se"] as const;
const KEY_STEP = 50;
/** A hand on the arrow keys is one change, not twenty. */
const SETTLES_MS = 500;
const ARROWS: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: -KEY_STEP, y: 0 }, ArrowRight: { x: KEY_STEP, y: 0 }, ArrowUp: { x: 0, y: -KEY_STEP }, ArrowDown: { x: 0, y: KEY_STEP },
};

export function placed({ left, top, right, bottom }: Box): CSSProperties {
  const share = (value: number) => `${(100 * value) / SPAN}%`;
  return { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) };
}

/** A region or a face: dragged, pulled at its corners, moved by arrow keys, with Shift made larger or smaller. */
export function RegionBox({ label, box, isChosen, look, onChoose, onBox, onRemove }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const grip = useRef<{ x: number; y: number; side: Side; box: Box }>(null);
  const settle = useRef(0);
  const [draft, setDraft] = useState<Box>();
  useEffect(() => () => window.clearTimeout(settle.current), []);

  function begin(event: PointerEvent<HTMLElement>, side: Side) {
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    grip.current = { x: event.clientX, y: event.clientY, side, box: draft ?? box };
    onChoose();
  }

  function move(event: PointerEvent<HTMLElement>) {
    const held = grip.current;
    const room = element.current?.parentElement?.getBoundingClientRect();
    if (!held || !room) return;
    const by = { x: Math.round((SPAN * (event.clientX - held.x)) / room.width), y: Math.round((SPAN * (event.clientY - held.y)) / room.height) };
    setDraft(changedBox(held.box, by, held.side));
  }

  function keep(next: Box | undefined) {
    grip.current = null;
    setDraft(undefined);
    if (next && JSON.stringify(next) !== JSON.stringify(box)) onBox(next);
  }

  function press(event: KeyboardEvent) {
    const by = ARROWS[event.key];
    if (event.key === "Delete") onRemove();
    if (!by) return;
    event.preventDefault();
    const next = changedBox(draft ?? box, by, event.shiftKey ? "se" : "all");
    setDraft(next);
    window.clearTimeout(settle.current);
    settle.current = window.setTimeout(() => keep(next), SETTLES_MS);
  }

  const drag = { onPointerMove: move, onPointerUp: () => keep(draft), onPointerCancel: () => keep(undefined) };
  return (
    <div ref={element} className={`region-box ${look ?? ""} ${isChosen ? "chosen" : ""}`} style={placed(draft ?? box)}>
      <button
        type="button" className="region-body" aria-label={label} aria-describedby={look === "face" ? "face-keys" : "region-keys"} aria-pressed={isChosen}
        onPointerDown={(event) => begin(event, "all")} onKeyDown={press} onFocus={onChoose} {...drag}
      />
      {isChosen && CORNERS.map((side) => (
        <i key={side} className={`grip ${side}`} onPointerDown={(event) => begin(event, side)} {...drag} />
      ))}
    </div>
  );
}
