import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { keepLoaded, useLoaded } from "../api/loaded";
import type { DrawnRegion, FrameCover, RedactionEdited, RedactionEdits, RedactionFound } from "../api/types";
import { Failure } from "../design/failure";
import type { Look, RangeReel } from "./range-reel";
import { cornersOf, freshName, rangeOf, withMove, withoutMoves, withRegion } from "./redacting";
import { Faces } from "./redaction-faces";
import { Regions } from "./redaction-regions";
import { Review } from "./redaction-review";
import { Sound } from "./redaction-sound";
import { Stage } from "./redaction-stage";
import { Timeline } from "./redaction-timeline";

interface Props { found: RedactionFound; edited: RedactionEdited }

export type Change = (edits: RedactionEdits) => RedactionEdits;

const MIDDLE = { left: 4_000, top: 4_000, right: 6_000, bottom: 6_000 };

/** Where people draw, listen, look and release. Each decision is kept at once, one after the other. */
export function Bench({ found, edited }: Props) {
  const { t } = useTranslation();
  const [ranges] = useState(edited.ranges); // where they begin and end never changes
  const [look, setLook] = useState<Look>("original");
  const [frame, setFrame] = useState(0);
  const [chosen, setChosen] = useState("");
  const [watched, setWatched] = useState<readonly number[]>([]);
  const reel = useRef<RangeReel>(null);
  const { change, problem } = useChanges(edited);
  const number = rangeOf(ranges, frame);
  const covers = useLoaded<FrameCover[]>(`/redactions/${edited.id}/ranges/${number}/covers?revision=${edited.revision}`, { keep: true });
  const cover = covers.state === "ready" ? covers.data[frame - (ranges[number]?.start ?? 0)] : undefined;

  const goTo = useCallback((to: number) => {
    const inside = Math.min(found.at_us.length - 1, Math.max(0, to));
    setFrame(inside);
    reel.current?.goTo(inside);
  }, [found]);

  function put(region: DrawnRegion) {
    change((edits) => withRegion(edits, region));
  }

  function draw(box = MIDDLE) {
    const name = freshName(edited.edits.regions);
    put({ name, keys: [{ frame, corners: cornersOf(box) }], end: found.at_us.length });
    setChosen(name);
  }

  return (
    <div className="redaction-bench">
      <fieldset className="looks segments-like">
        <legend className="vh">{t("redaction.look")}</legend>
        {(["original", "hidden"] as const).map((one) => (
          <label key={one}><input type="radio" name="look" checked={look === one} onChange={() => setLook(one)} /><span>{t(`redaction.look_${one}`)}</span></label>
        ))}
      </fieldset>
      {problem && <Failure problem={problem} />}
      <div className="bench-columns">
        <div className="stack">
          <Stage
            found={found} edited={edited} ranges={ranges} look={look} frame={frame} cover={cover} chosen={chosen} reel={reel}
            onFrame={setFrame} onWatched={setWatched} onChoose={setChosen} onRegion={put}
            onMove={(track, box) => change((edits) => (box ? withMove(edits, track, frame, box) : withoutMoves(edits, track)))}
            onDraw={draw} onRemove={(name) => change((edits) => ({ ...edits, regions: edits.regions.filter((one) => one.name !== name) }))}
          />
          <Timeline found={found} edits={edited.edits} ranges={edited.ranges} frame={frame} goTo={goTo} />
          <Review
            key={look} found={found} edited={edited} look={look} number={number} reel={reel} watched={watched}
            goTo={goTo} onLook={() => setLook("hidden")}
          />
        </div>
        <div className="stack">
          <Regions regions={edited.edits.regions} found={found} frame={frame} chosen={chosen} onChoose={setChosen} onAdd={() => draw()} change={change} goTo={goTo} />
          {edited.finds_faces && <Faces found={found} edits={edited.edits} change={change} goTo={goTo} />}
          {found.has_sound && <Sound edits={edited.edits} atUs={found.at_us} frame={frame} change={change} />}
        </div>
      </div>
    </div>
  );
}

/** Shows each change at once and sends it; one that is refused gives way to what the server says. */
function useChanges(edited: RedactionEdited): { change: (next: Change) => void; problem: Problem | undefined } {
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();
  const base = useRef(edited);
  const waiting = useRef(0);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const path = `/redactions/${edited.id}/edits`;
  useEffect(() => {
    if (waiting.current === 0) base.current = edited;
  }, [edited]);

  async function send() {
    const { edits, revision } = base.current;
    const made = await api<RedactionEdited>("PUT", path, { ...edits, revision });
    waiting.current -= 1;
    setProblem(made.ok ? undefined : made.problem);
    if (made.ok) {
      base.current = waiting.current > 0 ? { ...made.data, edits: base.current.edits } : made.data;
      keepLoaded(client, path, base.current);
    } else {
      await client.invalidateQueries({ queryKey: ["redactions", edited.id, "edits"] });
    }
  }

  return {
    problem,
    change: (next) => {
      base.current = { ...base.current, edits: next(base.current.edits) };
      keepLoaded(client, path, base.current);
      waiting.current += 1;
      queue.current = queue.current.then(send);
    },
  };
}
