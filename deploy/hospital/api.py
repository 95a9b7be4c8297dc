"""Baton's HTTP API, as a program uses it: JSON in, JSON out, one connection that is kept. Not thread-safe: one a thread."""

import http.client
import json
import time
import urllib.parse


class ApiError(Exception):
    """An answer of 400 or above. `code` is the BT number of docs/errors/, where the answer names one."""

    def __init__(self, status, problem):
        self.status = status
        self.problem = problem if isinstance(problem, dict) else {}
        self.code = self.problem.get("code", "")
        super().__init__(f"{status} {self.code} {self.problem.get('detail') or self.problem.get('title') or problem}")


class NoAnswer(Exception):
    """The connection broke: what was asked may have happened or not."""


class Api:
    """`key` signs in. `person` and `role`: for whom, which the machine's own key may say."""

    def __init__(self, port, key=None, host="127.0.0.1", timeout=30, person=None, role=None):
        self.address = (host, port)
        self.timeout = timeout
        self.headers = {"accept": "application/json"}
        if key:
            self.headers["authorization"] = f"Bearer {key}"
        if person:
            self.headers["x-baton-subject"] = person
        if role:
            self.headers["x-baton-role"] = role
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def _send(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def request(self, method, path, body=None, query=None, headers=None):
        """The decoded answer. Raises ApiError for a refusal and NoAnswer when the connection breaks.

        A refusal for overload (429) is waited out and asked again: it says that nothing was done.
        """
        if query:
            path += "?" + urllib.parse.urlencode({key: value for key, value in query.items() if value is not None})
        all_headers = {**self.headers, **(headers or {})}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            all_headers["content-type"] = "application/json"
        while True:
            try:
                answer, text = self._send(method, path, content, all_headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise NoAnswer(f"{method} {path}: {error!r}") from error
            if answer.status != 429:
                break
            time.sleep(float(answer.headers.get("retry-after", "1")))
        try:
            value = json.loads(text) if text else None
        except ValueError:
            value = text.decode("utf-8", "replace")
        if answer.status >= 400:
            raise ApiError(answer.status, value)
        return value

    def get(self, path, **query):
        return self.request("GET", path, query=query)

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, {} if body is None else body, headers=headers)

    def pages(self, path, **query):
        """Every item of a listing, page after page."""
        query.setdefault("limit", 500)
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if not page.get("next"):
                return
            query["cursor"] = page["next"]


def quoted(text):
    """A value as one part of a path."""
    return urllib.parse.quote(str(text), safe="")
