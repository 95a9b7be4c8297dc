"""The outside world of the crash tests: it counts what the activities did to it, by idempotency key."""

import threading


class Effects:
    """Stands in for a hospital behind hospital.responder.Responder. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_key = {}   # Idempotency key -> {"instance", "step", "receipt", "times"}.

    def get(self, _path):
        return None

    def post(self, _path, key, body):
        """The same key again is the same effect: one receipt, however often it is asked for."""
        with self.lock:
            effect = self.by_key.get(key)
            if effect is None:
                effect = {"instance": body["instance"], "step": body["step"], "receipt": f"R{len(self.by_key) + 1}", "times": 0}
                self.by_key[key] = effect
            effect["times"] += 1
            return {"receipt": effect["receipt"]}

    def all(self):
        with self.lock:
            return {key: dict(effect) for key, effect in self.by_key.items()}
