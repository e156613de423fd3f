import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";

interface Props { title: string; onClose: () => void; children: ReactNode }

/** The browser's own modal dialog: focus is trapped and returned by the platform, Escape closes. */
export function Dialog({ title, onClose, children }: Props) {
  const { t } = useTranslation();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog ref={element} className="dialog" aria-label={title} onClose={onClose}>
      <div className="row between">
        <h2>{title}</h2>
        <Button look="quiet" size="small" onClick={() => element.current?.close()}>{t("shell.close")}</Button>
      </div>
      {children}
    </dialog>
  );
}
