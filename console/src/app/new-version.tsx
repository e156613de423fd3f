import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { onWaiting, takeOver } from "../worker/register";

/** A new version waits until the person takes it: nobody's half-written words go. */
export function NewVersion() {
  const { t } = useTranslation();
  const [worker, setWorker] = useState<ServiceWorker>();
  useEffect(() => onWaiting(setWorker), []);
  if (!worker) return null;
  return (
    <div className="new-version" role="status">
      <span>{t("events.update_text")}</span>
      <Button size="small" onClick={() => takeOver(worker)}>{t("events.update_do")}</Button>
    </div>
  );
}
