"""Real HTTP and HTTPS servers for the tests of outgoing requests."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What the server says to it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"hello"


@dataclass
class LocalServer:
    """A server on 127.0.0.1: its port, and what arrived."""

    port: int
    seen: list[Seen]


@contextmanager
def local_server(
    answer: Callable[[Seen], Answer], tls: ssl.SSLContext | None = None
) -> Iterator[LocalServer]:
    """Serve `answer` until the block ends."""
    seen: list[Seen] = []

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.append(Seen(self.command, self.path, headers, body))
            said = answer(seen[-1])
            self.send_response(said.status)
            for name, value in {"content-length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815  # their names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class QuietServer(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up, or refuses the certificate, is what some tests are about."""

    server = QuietServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield LocalServer(server.server_address[1], seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A self-signed certificate of `name`: contexts for the server, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


class NameServer:
    """Resolves names as told. Each look-up takes the next answer; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {name.replace("_", "."): list(told) for name, told in answers.items()}

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        told = self._answers.get(host)
        if told is None:
            try:
                return [str(ipaddress.ip_address(host))]
            except ValueError:
                raise OSError("no such name") from None
        return told.pop(0) if len(told) > 1 else told[0]
