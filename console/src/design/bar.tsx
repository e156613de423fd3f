/** How much of some work is done, `share` in per cent; `label` says of what. */
export function Bar({ share, label }: { share: number; label: string }) {
  return (
    <div className="bar" role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100} aria-label={label}>
      <i style={{ width: `${share}%` }} />
    </div>
  );
}
