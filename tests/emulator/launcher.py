"""Runs the emulated cloud for as long as standard input stays open.

A test process that ends in whatever way, killed included, closes its end of the pipe; then the
emulator and the functions it started are killed and its data is removed. The first line on
standard output is the folder with that data and with emulator.log.
"""

import os
import select
import signal
import subprocess
import sys
import tempfile


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(
        prefix="drawbridge-emulator-", ignore_cleanup_errors=True
    ) as data:
        log_path = os.path.join(data, "emulator.log")
        env = dict(
            os.environ,
            HOME=data,
            TMPDIR=data,
            STATE_DIR=os.path.join(data, "state"),
            S3_DATA_DIR=os.path.join(data, "s3"),
        )
        enforcing = os.path.join(os.path.dirname(os.path.abspath(__file__)), "enforcing.py")
        program = [enforcing] if env.get("AUTH") == "true" else ["-m", "ministack"]
        with open(log_path, "wb") as log:
            emulator = subprocess.Popen(
                [sys.executable, *program],
                cwd=data,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group of its own, killed as one
            )
        try:
            print(data, flush=True)
            return watch(emulator, log_path)
        finally:
            try:
                os.killpg(emulator.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            emulator.wait()


def watch(emulator: subprocess.Popen, log_path: str) -> int:
    """Returns when standard input is closed or the emulator has ended by itself."""
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.2)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return 0
        if emulator.poll() is not None:
            with open(log_path, errors="replace") as log:
                sys.stderr.writelines(log.readlines()[-30:])
            return 1


if __name__ == "__main__":
    sys.exit(main())
