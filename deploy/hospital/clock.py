"""Moves the server's virtual clock, never past something that is due: so that each timer fires at its own time."""

import datetime

from .stream import parse_time


class VirtualClock:
    def __init__(self, api):
        self.api = api
        self.now, self.next_timer = None, None
        self.moves = 0
        self._take(api.get("/v1/dev/clock"))

    def _take(self, answer):
        self.now = parse_time(answer["now"])
        self.next_timer = parse_time(answer["next_timer"]) if answer.get("next_timer") else None
        return answer

    def settle(self):
        """Returns when nothing is in flight, no activity runs and no timer is due: all that is left waits for time, people or messages."""
        while not self._settled(self._take(self.api.get("/v1/dev/clock", settle="true"))):
            pass

    def _settled(self, answer):
        return answer["idle"] and (self.next_timer is None or self.next_timer > self.now)

    def set(self, at):
        """Sets the clock and settles."""
        self.moves += 1
        answer = self._take(self.api.post("/v1/dev/clock", {"set": at.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")}))
        if not self._settled(answer):
            self.settle()
