"""Sends HL7 v2 messages over MLLP, one at a time, and reads the acknowledgement, as a hospital's interface engine does."""

import socket

START, END = b"\x0b", b"\x1c\x0d"


class Acknowledgement:
    def __init__(self, text):
        self.text = text
        fields = next((line.split("|") for line in text.split("\r") if line.startswith("MSA|")), None)
        if fields is None or len(fields) < 3:
            raise ValueError(f"an acknowledgement without MSA: {text!r}")
        self.code = fields[1]
        self.control_id = fields[2]
        self.words = next((line for line in text.split("\r") if line.startswith("ERR|")), "")

    @property
    def accepted(self):
        return self.code in ("AA", "CA")


class MllpClient:
    """One connection. Raises OSError when it breaks: the message may have arrived or not, so send it again."""

    def __init__(self, port, host="127.0.0.1", timeout=30):
        self.address = (host, port)
        self.timeout = timeout
        self.socket = None
        self.buffer = b""

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None
        self.buffer = b""

    def send(self, message):
        """Sends one message (text or bytes) and returns its Acknowledgement."""
        content = message.encode() if isinstance(message, str) else message
        try:
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=self.timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(START + content + END)
            while END not in self.buffer:
                part = self.socket.recv(65536)
                if not part:
                    raise ConnectionError("closed before the acknowledgement")
                self.buffer += part
        except OSError:
            self.close()
            raise
        answer, self.buffer = self.buffer.split(END, 1)
        return Acknowledgement(answer.lstrip(START).decode("utf-8", "replace"))
