import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { usePicture } from "./picture";
import { needsTouch } from "./sign";

/** What they would see. It comes by itself, unless a passkey must be touched for it; its room is kept, nothing jumps. */
export function Still({ camera, person }: { camera: string; person: string }) {
  const { t } = useTranslation();
  const { url, fault, busy, take } = usePicture(camera, person);
  const [mustTouch, setMustTouch] = useState(false);
  const begun = useRef("");
  useEffect(() => {
    if (begun.current === camera) return;
    begun.current = camera;
    void needsTouch(camera).then((must) => (must ? setMustTouch(true) : take()));
  });
  return (
    <figure className="still">
      {url ? <img className="shot" src={url} alt={t("home.still_alt")} /> : (
        <div className="still-wait small muted" role="status">
          {fault || (mustTouch && !busy
            ? <Button size="small" onClick={() => void take()}>{t("home.still_do")}</Button>
            : t("home.still_wait"))}
        </div>
      )}
      <figcaption className="small muted">{t("home.still")}</figcaption>
    </figure>
  );
}
