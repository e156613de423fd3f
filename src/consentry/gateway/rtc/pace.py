"""How much a viewer's line carries, and so how many pictures it gets. Pure: time is handed in.

A line is free until it complains: a report of heavy loss, or a receiver's estimate (REMB) below what the camera sends
on a line that was full lately, as what was sent took longer to arrive. Then pictures go out at the estimated rate; what
would wait longer than `MAX_WAIT_S` is dropped by the caller up to the next key frame, so that delay never grows. An
estimate alone never slows a line: browsers say one and a half times what they got, which is little after a quiet scene,
and less and less once less is sent; on a line that loses and jitters but has room that ended at a picture a second.
"""

FREE_BPS = 60_000_000
LEAST_BPS = 100_000
MAX_WAIT_S = 0.25
_HEAVY_LOSS, _LIGHT_LOSS = 0.10, 0.02
# One lost of four is no heavy loss yet.
_ENOUGH_PACKETS = 100
_GROW, _GROW_WITH_ROOM = 1.08, 1.25
# So many low estimates one after the other are believed: a scene that suddenly moves outruns the first.
_LOW_ESTIMATES = 2
# A full line has a queue: reports and their answers take so much longer than on this line at its best, twice running.
# That is remembered for so many reports, about a second each: who forgets at once fills it anew every few seconds.
_QUEUE_S, _QUEUED_TRIPS = 0.25, 2
_REMEMBERED_REPORTS = 30
_BURST_S = 0.05
_MEASURE_S = 2.0


class Pace:
    """`take` what is sent; `wait_s` says how long the next picture has to wait for its turn."""

    def __init__(self) -> None:
        self.is_limited = False
        self.rate_bps = float(FREE_BPS)
        self._debt_bits = 0.0
        self._at_s = 0.0
        self._offered_bps = 0.0
        self._offered_bits = 0
        self._since_s: float | None = None
        self._low_estimates = 0
        self._best_trip_s: float | None = None
        self._late_trips, self._full_for = 0, 0
        self._packets, self._lost = 0, 0.0

    def offer(self, size_bytes: int, now_s: float) -> None:
        """The camera made a picture, sent or not: what a free line would carry."""
        if self._since_s is None:
            self._since_s = now_s
        self._offered_bits += 8 * size_bytes
        passed_s = now_s - self._since_s
        if passed_s >= _MEASURE_S:
            self._offered_bps = self._offered_bits / passed_s
            self._since_s, self._offered_bits = now_s, 0

    def take(self, size_bytes: int, now_s: float) -> None:
        """A picture goes out."""
        self._settle(now_s)
        self._debt_bits += 8 * size_bytes

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next picture may go, 0 for now."""
        self._settle(now_s)
        return max(0.0, self._debt_bits / self.rate_bps - _BURST_S)

    def hear(
        self, fraction_lost: float | None, rate_bps: int | None, trip_s: float | None = None,
        packets: int = _ENOUGH_PACKETS,
    ) -> None:  # fmt: skip
        """A report of the receiver.

        `trip_s`: how long a report of ours and its answer took; while that is unknown, estimates count. `packets`: how
        many were sent since the last one.
        """
        if trip_s is not None:
            self._note_trip(trip_s)
        wanted = self.rate_bps if fraction_lost is None else self._by_loss(fraction_lost, packets)
        if rate_bps is not None and self._offered_bps:
            is_low = rate_bps < 0.9 * self._offered_bps
            self._low_estimates = self._low_estimates + 1 if is_low and self._may_be_full else 0
            if self._low_estimates >= _LOW_ESTIMATES or (self._low_estimates and self.is_limited):
                wanted = min(wanted, rate_bps)
            elif not is_low and self.is_limited and (fraction_lost or 0) < _LIGHT_LOSS:
                wanted = rate_bps
        self._set(wanted)

    def _note_trip(self, trip_s: float) -> None:
        best_s = trip_s if self._best_trip_s is None else min(trip_s, self._best_trip_s)
        were_late = self._best_trip_s is not None and self._best_trip_s > best_s + _QUEUE_S  # all that came before
        self._late_trips = self._late_trips + 1 if trip_s > best_s + _QUEUE_S else 0
        is_full = were_late or self._late_trips >= _QUEUED_TRIPS
        self._best_trip_s = best_s
        self._full_for = _REMEMBERED_REPORTS if is_full else max(0, self._full_for - 1)

    @property
    def _may_be_full(self) -> bool:
        return self._best_trip_s is None or self._best_trip_s > _QUEUE_S or self._full_for > 0

    def _by_loss(self, fraction_lost: float, packets: int) -> float:
        self._packets += packets
        self._lost += fraction_lost * packets
        if self._packets >= _ENOUGH_PACKETS:
            fraction_lost, self._packets, self._lost = self._lost / self._packets, 0, 0.0
            if fraction_lost > _HEAVY_LOSS:
                return min(self.rate_bps, self._offered_bps or self.rate_bps) * (1 - 0.5 * fraction_lost)
        if not self.is_limited:
            return self.rate_bps
        if not self._may_be_full:
            return self.rate_bps * _GROW_WITH_ROOM
        return self.rate_bps * (_GROW if fraction_lost < _LIGHT_LOSS else 1)

    def _set(self, rate_bps: float) -> None:
        is_enough = self._offered_bps > 0 and rate_bps > 1.2 * self._offered_bps
        self.is_limited = rate_bps < FREE_BPS and not (self.is_limited and is_enough)
        self.rate_bps = max(LEAST_BPS, rate_bps) if self.is_limited else float(FREE_BPS)

    def _settle(self, now_s: float) -> None:
        self._debt_bits = max(0.0, self._debt_bits - (now_s - self._at_s) * self.rate_bps)
        self._at_s = now_s
