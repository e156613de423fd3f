import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";

/** A text to hand on, with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  }
  return (
    <div className="row">
      <output className="mono command copyable" aria-label={label}>{text}</output>
      <Button size="small" onClick={() => void copy()}>{t(copied ? "shell.copied" : "shell.copy")}</Button>
    </div>
  );
}
