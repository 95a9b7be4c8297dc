"""Plays a hospital's stream against a running Baton: messages arrive, people decide, other systems acknowledge, time passes.

Time is the server's virtual clock. Between two messages it goes from one thing that is due to the next (a timer, somebody's answer, an
acknowledgement), so that decades take seconds and each thing still happens at its own time.
"""

import datetime
import time

from .api import ApiError, quoted
from .mllp import MllpClient

MINUTE = datetime.timedelta(minutes=1)


class Day:
    def __init__(self, api, mllp_port, clock, people, hospital, progress=lambda text: None):
        self.api = api
        self.mllp = MllpClient(mllp_port)
        self.clock = clock
        self.people = people
        self.hospital = hospital
        self.progress = progress
        self.promised = []        # (when, instance, signal)
        self.acknowledged = {}    # By code: how many.
        self.rejected = []        # (control id, code, words)
        self.send_seconds = 0.0

    def send_all(self, messages):
        for number, message in enumerate(messages, 1):
            self.live_until(message.at)
            self.send(message)
            if number % 10 == 0 or number == len(messages):
                self.progress(f"{number} of {len(messages)} messages, {self._day()}, "
                              f"{sum(self.people.decided.values())} tasks decided")

    def send(self, message):
        began = time.perf_counter()
        answer = self.mllp.send(message.text)
        self.send_seconds += time.perf_counter() - began
        self.acknowledged[answer.code] = self.acknowledged.get(answer.code, 0) + 1
        if not answer.accepted or answer.control_id != message.control_id:
            self.rejected.append((message.control_id, answer.code, answer.words))

    def live_until(self, until, stop=lambda: False):
        """Lets everything happen that is due before `until`, and sets the clock there. Ends early when stop() says so."""
        while not stop():
            self._others_speak()
            next_answer = self.people.look(self.clock.now)
            times = [self.clock.next_timer, next_answer, min((at for at, _, _ in self.promised), default=None)]
            due = min((at for at in times if at), default=until)
            if due >= until:
                self.clock.set(max(until, self.clock.now))
                return
            if due > self.clock.now:
                self.clock.set(due)
            if self.people.answer(self.clock.now) + self._keep_promises():
                self.clock.settle()

    def live_to_the_end(self, count_open, longest=datetime.timedelta(days=120)):
        """Goes on after the last message until no case is open, or for so long."""
        end = self.clock.now + longest
        left = count_open()
        while left and self.clock.now < end:
            self.live_until(self.clock.now + datetime.timedelta(days=1))
            left = count_open()
            self.progress(f"all messages sent, {self._day()}, {left} cases open, {sum(self.people.decided.values())} tasks decided")

    def _day(self):
        return self.clock.now.strftime("%Y-%m-%d")

    def _others_speak(self):
        for promise in self.hospital.take_promises():
            self.promised.append((self.clock.now + promise["after_minutes"] * MINUTE, promise["instance"], promise["signal"]))

    def _keep_promises(self):
        due = [promise for promise in self.promised if promise[0] <= self.clock.now]
        for promise in due:
            self.promised.remove(promise)
            try:
                self.api.post(f"/v1/instances/{quoted(promise[1])}/signals/{quoted(promise[2])}", {})
            except ApiError as error:
                if error.status not in (404, 409, 410):  # The case was closed meanwhile.
                    raise
        return len(due)
