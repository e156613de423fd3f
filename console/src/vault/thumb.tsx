import { useEffect, useRef, useState } from "react";

/**
 * A small picture of an item, asked for when it comes into sight: each is decoded anew for who may play the item.
 * Without one there is an empty frame, so that the list does not jump. It says nothing that the name beside it does not.
 */
export function Thumb({ item }: { item: string }) {
  const frame = useRef<HTMLSpanElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const eye = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    }, { rootMargin: "100px" });
    eye.observe(element);
    return () => eye.disconnect();
  }, []);
  return (
    <span ref={frame} className="item-thumb" aria-hidden="true">
      {isSeen && !isGone && <img src={`/api/items/${item}/thumbnail`} alt="" onError={() => setGone(true)} />}
    </span>
  );
}
