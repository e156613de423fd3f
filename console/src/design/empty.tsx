import type { ReactNode } from "react";

/** Nothing here yet, and what that means. No heading: it stands under headings of any level, or of none. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}
