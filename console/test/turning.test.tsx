import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { onvifAddress, readFound } from "../src/home/find-cameras";
import { loadDesk, startLanguage } from "../src/i18n";
import { presetsIn } from "../src/live/presets";
import { TurnPad, type Speeds } from "../src/live/turn-pad";

beforeAll(async () => {
  await startLanguage();
  await loadDesk();
});
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function pad(state = "allowed") {
  const said: Speeds[] = [];
  render(<TurnPad label="Front door" state={state} onTurn={(speeds) => said.push(speeds)} />);
  return said;
}

const pans = (said: Speeds[]) => said.map((speeds) => speeds.pan);

it("turns while the button is held, says so again in time, and stops when it is let go", () => {
  const said = pad();
  const left = screen.getByRole("button", { name: "Turn left" });
  fireEvent.pointerDown(left);
  act(() => void vi.advanceTimersByTime(600));
  expect(pans(said)).toEqual([-0.5, -0.5, -0.5]);
  fireEvent.pointerUp(left);
  act(() => void vi.advanceTimersByTime(2000));
  expect(pans(said)).toEqual([-0.5, -0.5, -0.5, 0]);
});

it("obeys the arrow keys and stops when the page loses the keyboard", () => {
  const said = pad();
  const up = screen.getByRole("button", { name: "Turn up" });
  up.focus();
  fireEvent.keyDown(up, { key: "ArrowRight" });
  fireEvent.keyDown(up, { key: "ArrowRight", repeat: true });
  act(() => window.dispatchEvent(new Event("blur")));
  act(() => void vi.advanceTimersByTime(2000));
  expect(pans(said)).toEqual([0.5, 0]);
});

it("offers the places that the camera remembers, and sends it there once", () => {
  const went: string[] = [];
  const presets = presetsIn([{ token: "1", name: "Gate" }, { token: 2 }, null, { token: "x".repeat(65) }, { token: "3" }]);
  render(<TurnPad label="Front door" state="allowed" onTurn={() => undefined} presets={presets} onGo={(preset) => went.push(preset)} />);
  const to = screen.getByRole("combobox", { name: "Turn to a place that the camera remembers" });
  expect([...to.querySelectorAll("option")].map((option) => option.textContent)).toEqual(["Go to …", "Gate", "3"]);
  fireEvent.change(to, { target: { value: "1" } });
  expect(went).toEqual(["1"]);
  expect(presetsIn("no list")).toEqual([]);
});

it("says why the camera does not turn", () => {
  pad("busy");
  expect(screen.getByRole("status").textContent).toBe("Somebody else is turning this camera");
});

it("takes of what a box found only addresses of the web, and hides the password in none of them", () => {
  const found = readFound(JSON.stringify([
    { url: "http://10.0.0.5/onvif/device_service", name: "Door", model: "X" }, { url: "javascript:alert(1)" }, null, { name: "y" },
  ]));
  expect(found).toEqual([{ url: "http://10.0.0.5/onvif/device_service", name: "Door", model: "X", certificate: "" }]);
  const own = JSON.stringify([{ url: "https://10.0.0.5/x", certificate: "ab".repeat(32) }, { url: "https://10.0.0.6/x", certificate: "<b>" }]);
  expect(readFound(own).map((camera) => camera.certificate)).toEqual(["ab".repeat(32), ""]);
  expect(readFound("{}")).toEqual([]);
  expect(onvifAddress("http://10.0.0.5/x", "a@b", "p/:")).toBe("onvif+http://a%40b:p%2F%3A@10.0.0.5/x");
  expect(onvifAddress("https://10.0.0.5/x", "a", "p", "ab".repeat(32))).toBe(`onvif+https://a:p@10.0.0.5/x#${"ab".repeat(32)}`);
  expect(onvifAddress("http://10.0.0.5/x", "", "")).toBe("onvif+http://10.0.0.5/x");
});
