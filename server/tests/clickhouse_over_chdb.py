"""A small ClickHouse server for tests: ClickHouse's HTTP protocol in front of its engine inside this process.

    python clickhouse_over_chdb.py FOLDER PORT

The engine is the real one (chDB); what this file adds is the wire as clickhouse-connect uses it: the query in
the URL or the body, `param_*` and settings in the URL, credentials, result and error headers, `/ping`. Every
request has a connection of its own, so that no setting or `USE` outlives it. It answers uncompressed, which
the protocol allows, and one at a time per connection.

Protocol: https://clickhouse.com/docs/interfaces/http
"""

import base64
import json
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import chdb

USER, PASSWORD = "lynex", "p@ss word"
AUTHENTICATION_FAILED = 516

# What a request's URL may carry besides settings and `param_*`.
TRANSPORT_PARAMETERS = {
    "query", "database", "query_id", "session_id", "session_timeout", "session_check", "quota_key", "role",
    "compress", "decompress", "wait_end_of_query", "buffer_size", "client_protocol_version", "default_format",
    "enable_http_compression", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
HTTP_STATUS_OF_CODE = {
    60: 404,
    62: 400,
    81: 404,
    36: 400,
    46: 404,
    47: 404,
    202: 503,
    AUTHENTICATION_FAILED: 403,
}
_CODE = re.compile(r"Code: (\d+)")
_TRAILING_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_INSERT = re.compile(rb"\s*INSERT\b", re.IGNORECASE)
_INSERT_OF_BODY = re.compile(rb"(\s*INSERT\b.*?)\s+(FORMAT\s+\w+)\s*", re.IGNORECASE | re.DOTALL)


class Failure(Exception):
    """A query that the engine refused: its code and its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Engine:
    """The embedded engine. `run` opens a connection per call; one more keeps the engine alive."""

    def __init__(self, folder: str) -> None:
        self._url = f"{folder}?max_server_memory_usage=1500000000&background_pool_size=2"
        self._alive = chdb.connect(self._url)

    def run(self, query: bytes, arguments: dict[str, str]) -> tuple[bytes, str, dict[str, str]]:
        """The answer's bytes, its format (empty for a statement without one) and its summary."""
        settings = {k: v for k, v in arguments.items() if k not in TRANSPORT_PARAMETERS and k[:6] != "param_"}
        parameters = {k[6:]: v for k, v in arguments.items() if k[:6] == "param_"}
        connection = chdb.connect(self._url)
        try:
            if arguments.get("database"):
                connection.query(f"USE `{arguments['database']}`")
            for name, value in settings.items():
                quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                connection.query(f"SET {name} = '{quoted}'")
            found = None if _INSERT.match(query) else _TRAILING_FORMAT.search(query)
            # Without a FORMAT of its own, names tell an empty answer from a statement that has none.
            asked = found.group(1).decode() if found else "TabSeparatedWithNames"
            result = connection.query(query, asked, params=parameters)
            body = result.bytes() or b""
            summary = {"read_rows": str(result.rows_read()), "elapsed_ns": str(int(result.elapsed() * 1e9))}
        except RuntimeError as error:
            code = _CODE.search(str(error))
            raise Failure(int(code.group(1)) if code else 1000, str(error)) from error
        finally:
            connection.close()
        if found:
            return body, asked, summary
        return body.partition(b"\n")[2], "TabSeparated" if body else "", summary


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: Engine

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n", {})
        else:
            self._query(b"")

    def do_POST(self) -> None:
        self._query(self._body())

    def _query(self, body: bytes) -> None:
        arguments = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        in_url = arguments.get("query", "").encode()
        try:
            self._check_credentials()
            answer, answer_format, summary = self._run(in_url, body, arguments)
        except Failure as failure:
            status = HTTP_STATUS_OF_CODE.get(failure.code, 500)
            self._answer(status, str(failure).encode(), {"X-ClickHouse-Exception-Code": str(failure.code)})
            return
        headers = {"X-ClickHouse-Summary": json.dumps(summary), "X-ClickHouse-Timezone": "UTC"}
        if answer_format:
            headers["X-ClickHouse-Format"] = answer_format
        self._answer(200, answer, headers)

    def _run(
        self, in_url: bytes, body: bytes, arguments: dict[str, str]
    ) -> tuple[bytes, str, dict[str, str]]:
        whole = in_url + b"\n" + body if in_url else body
        statement, _, data = whole.partition(b"\n")
        insert = _INSERT_OF_BODY.fullmatch(statement)
        if not insert:
            return self.engine.run(whole, arguments)
        # Data that follows a statement is searched for the statement's end: some bytes would cut it short.
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            query = b"%b FROM INFILE '%b' %b" % (insert[1], file.name.encode(), insert[2])
            return self.engine.run(query, arguments)

    def _check_credentials(self) -> None:
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            raise Failure(AUTHENTICATION_FAILED, "Code: 516. DB::Exception: Authentication failed")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: a test's output is about the test."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """A client that went away is no error of the server."""


def main(folder: str, port: int) -> None:
    """Serve until the parent closes our standard input: a killed test run leaves no server behind."""
    Handler.engine = Engine(folder)
    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
