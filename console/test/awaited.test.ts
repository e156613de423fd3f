import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AFTER_MS, drop, expectPicture, later, MOST_MS, pictureCame } from "../src/app/awaited";

describe("what waits for a picture", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.advanceTimersByTime(2 * MOST_MS);
    vi.useRealTimers();
  });

  it("does work at once while nobody waits", () => {
    const work = vi.fn();
    later({}, work);
    expect(work).toHaveBeenCalledOnce();
  });

  it("holds work until the last picture came and its page has drawn it, the newest of each kind, once", () => {
    const [older, newer, other] = [vi.fn(), vi.fn(), vi.fn()];
    const key = {};
    expectPicture("a");
    expectPicture("b");
    later(key, older);
    later({}, other);
    later(key, newer);
    pictureCame("a");
    vi.advanceTimersByTime(2 * AFTER_MS);
    expect(other).not.toHaveBeenCalled();
    pictureCame("b");
    expect(other).not.toHaveBeenCalled();
    vi.advanceTimersByTime(AFTER_MS);
    expect([older, newer, other].map((work) => work.mock.calls.length)).toEqual([0, 1, 1]);
  });

  it("goes on holding when another look begins meanwhile", () => {
    const work = vi.fn();
    expectPicture("a");
    later({}, work);
    pictureCame("a");
    expectPicture("b");
    vi.advanceTimersByTime(AFTER_MS);
    expect(work).not.toHaveBeenCalled();
    pictureCame("b");
    vi.advanceTimersByTime(AFTER_MS);
    expect(work).toHaveBeenCalledOnce();
  });

  it("holds nothing longer than it may, whatever never comes, and expecting once more prolongs nothing", () => {
    const work = vi.fn();
    expectPicture("a");
    later({}, work);
    vi.advanceTimersByTime(MOST_MS - 1);
    expectPicture("a");
    vi.advanceTimersByTime(1 + AFTER_MS);
    expect(work).toHaveBeenCalledOnce();
  });

  it("forgets what was dropped, and a picture that nobody expected", () => {
    const work = vi.fn();
    const key = {};
    expectPicture("a");
    later(key, work);
    drop(key);
    pictureCame("never");
    pictureCame("a");
    vi.advanceTimersByTime(AFTER_MS);
    expect(work).not.toHaveBeenCalled();
  });
});
