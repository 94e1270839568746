"""Starts `clickhouse_over_chdb.py` as a process of its own, and kills it."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import clickhouse_over_chdb
from clickhouse_over_chdb import PASSWORD, USER
from servers import START_TIMEOUT_S, free_port, wait_until


class HttpServer:
    """The test server as a child process that can be killed and started again on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"clickhouse://{USER}:{quote(PASSWORD)}@127.0.0.1:{self.port}/default"
        self.start()

    def start(self) -> None:
        program = [sys.executable, clickhouse_over_chdb.__file__, str(self.folder), str(self.port)]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE)
        wait_until(self._answers, self.process)

    def kill(self) -> None:
        """As `kill -9`: nothing is finished, nothing is closed."""
        self.process.kill()
        self.process.wait(START_TIMEOUT_S)
        assert self.process.stdin is not None
        self.process.stdin.close()

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
