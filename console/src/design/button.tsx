import type { ButtonHTMLAttributes, ReactNode } from "react";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "primary" | "live" | "quiet";
  size?: "normal" | "big" | "small";
  busy?: boolean;
  children: ReactNode;
}

/** A button that keeps its width and its focus while it works. */
export function Button({ look = "plain", size = "normal", busy = false, children, ...rest }: Props) {
  const className = ["btn", look, size, rest.className ?? ""].join(" ");
  return (
    <button
      type="button"
      {...rest}
      className={className}
      aria-busy={busy}
      onClick={busy ? undefined : rest.onClick}
    >
      {busy && <span className="spin" aria-hidden="true" />}
      {children}
    </button>
  );
}
