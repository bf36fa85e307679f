"""The real binary as a fixture: started in a folder of its own on free ports, stopped by its process id, its log kept."""

import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import tempfile
import threading

from coap_tcp import PATIENCE, Connection, WaitTimeout, poll
from pki import client_context

BINARY = os.environ.get("OCF_CLOUD", "")

# What a sanitizer prints when it found something.
_SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer")

# Commands that are for telling a secret.
_TELLS_SECRETS = {"token", "onboard", "pki"}

# Exit codes of the command line.
OK, REFUSED, USAGE, NO_HUB, NOT_FOUND = range(5)


def run_cli(*arguments, timeout=None, input=None):
    """The finished `ocf-cloud …`, its output as text."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, input=input,
                          timeout=(2 * PATIENCE if timeout is None else timeout))


def _yaml(value, indent=0):
    """Maps of maps and scalars as YAML; JSON's scalars and lists are YAML's."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [" " * indent + f"{key}:"] + _yaml(item, indent + 2)
        else:
            lines.append(" " * indent + f"{key}: {item if isinstance(item, str) else json.dumps(item)}")
    return lines


class Onboarding:
    """What a mediator writes into a device: the answer of `ocf-cloud onboard --json`."""

    def __init__(self, value):
        self.code = value["code"]
        self.provider = value["authprovider"]
        self.cis = value["cis"]
        self.sid = value["sid"]
        self.ca = value["ca"]


class Hub:
    """One hub. `limits` and `config` go into its YAML file; restart() and kill() keep its data."""

    def __init__(self, *, limits=None, config=None, tcp=True, tls=True, http=True, admin=True, folder=None, arguments=(),
                 environment=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="ocf-cloud-e2e-"))
        self.data = self.folder / "data"
        self.log_file = self.folder / "hub.log"
        self.config_file = self.folder / "ocf-cloud.yaml"
        self.admin_token = None
        self.process = None
        self.secrets = set()
        self._listeners = [name for name, wanted in (("coap-tcp", tcp), ("coap-tls", tls), ("http", http), ("admin", admin)) if wanted]
        self._off = [name for name, wanted in (("coap-tls", tls), ("http", http), ("admin", admin)) if not wanted]
        self._arguments = list(arguments)
        self._environment = environment or {}
        self._contexts = {}
        self.configure(limits=limits, config=config)
        self.start()

    def configure(self, *, limits=None, config=None):
        """Writes the configuration file that the next start reads."""
        tree = {key: dict(value) if isinstance(value, dict) else value for key, value in (config or {}).items()}
        if limits:
            tree["limits"] = {**tree.get("limits", {}), **limits}
        if self._off:
            tree["listeners"] = {**tree.get("listeners", {}), **{name.replace("-", "_"): "off" for name in self._off}}
        self.config_file.write_text("\n".join(_yaml(tree)) + "\n")

    # -- Its life

    def _spawn(self):
        command = [BINARY, "serve", "--data", str(self.data), "--config", str(self.config_file)]
        for name in self._listeners:
            command += [f"--{name}", "127.0.0.1:0"]
        self._log = open(self.log_file, "ab")
        self.process = subprocess.Popen(command + self._arguments, stdout=subprocess.PIPE, stderr=self._log, text=True,
                                        env={**os.environ, **self._environment})

    def start_and_kill(self, seconds):
        """Starts it and kills it so much later. Whether it was ready by then; fails if it had ended by itself."""
        self._spawn()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.kill()
        with self.process.stdout as output:
            return any(line.startswith("ready") for line in output)

    def start(self):
        self._spawn()
        self._lines = queue.Queue()
        threading.Thread(target=self._read_output, args=(self.process.stdout, self._lines), daemon=True).start()
        self.output = []
        while True:
            try:
                line = self._lines.get(timeout=2 * PATIENCE)
            except queue.Empty:
                self.kill()
                raise WaitTimeout(f"the hub is not ready; it printed {self.output}\n{self.log()}") from None
            if line is None:
                self.process.wait(PATIENCE)
                raise AssertionError(f"the hub ended with {self.process.returncode}: {self.output}\n{self.log()}")
            self.output.append(line)
            if line.startswith("admin token: "):
                self.admin_token = line.split(": ", 1)[1]
                self.secrets.add(self.admin_token)
            if line.startswith("ready"):
                self._addresses = dict(part.split("=", 1) for part in line.split()[1:])
                return

    @staticmethod
    def _read_output(stream, lines):
        for line in stream:
            lines.put(line.rstrip("\n"))
        lines.put(None)
        stream.close()

    def stop(self):
        """Stops cleanly, and fails if that was not clean or a sanitizer found something."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise WaitTimeout(f"the hub does not stop\n{self.log()}") from None
        self._log.close()
        self.assert_healthy()
        self.assert_kept_secrets()

    def kill(self):
        """kill -9; fails if the hub had ended by itself."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._log.close()
        code = self.process.returncode
        assert code == -signal.SIGKILL, f"the hub had ended by itself, with {code}\n{self.log()[-4000:]}"

    def restart(self):
        self.stop()
        self.start()

    def assert_healthy(self):
        found = _SANITIZER.search(self.log())
        assert not found, self.log()[found.start():][:4000]
        assert self.process.returncode in (None, 0), f"exit code {self.process.returncode}\n{self.log()[-4000:]}"

    def assert_kept_secrets(self):
        """No code, token or key of this hub stands in its log or its store. Api looks at every answer for the same."""
        texts = {self.log_file.name: self.log_file.read_bytes()}
        texts.update({file.name: file.read_bytes() for file in (self.data / "store").glob("*") if file.is_file()})
        for secret in self._canaries() | self._private_keys():
            for name, text in texts.items():
                assert secret.encode() not in text, f"{name} has the secret {secret[:12]}…"

    def told_secret(self, text):
        """The first secret in a text that should have none; None: it has none."""
        return next((secret for secret in self._canaries() if secret in text), None)

    def _canaries(self):
        """All that fit into a test's time: of a thousand devices the tokens of some."""
        return set(list(self.secrets)[:200])

    def _private_keys(self):
        """A line from the middle of each PEM file."""
        files = [*(self.data / "pki").glob("*.key"), self.data / "signing-key.pem"]
        return {file.read_text().splitlines()[1] for file in files if file.exists() and "PRIVATE KEY" in file.read_text()}

    def running(self):
        return self.process.poll() is None

    def log(self):
        """What is written so far: an answer can arrive before the line that tells of it (see logged())."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def logged(self, text, times=1):
        """The lines of the log with this text, as soon as there are so many."""
        def found():
            lines = [line for line in self.log().splitlines() if text in line]
            return lines if len(lines) >= times else None

        return poll(found, f"the log tells {times} times: {text}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.running():
            self.kill()

    # -- Its addresses

    def address(self, listener):
        host, port = self._addresses[listener].rsplit(":", 1)
        return host, int(port)

    def connect(self, name="client"):
        """A plain connection that has not said anything yet."""
        return Connection.tcp(self.address("coap-tcp"), name)

    def connect_tls(self, di, name="client", context=None):
        """A TLS connection, with a certificate of the hub's CA for this device where no context is given."""
        return Connection.tls(self.address("coap-tls"), context or self.context(di), name)

    def context(self, di, **more):
        """A TLS client context with a certificate of the hub's CA for this device."""
        key = (di, *sorted(more.items()))
        if key not in self._contexts:
            self._contexts[key] = client_context(*self.certificate(di), self.ca_file(), **more)
        return self._contexts[key]

    # -- Its command line

    def cli(self, *arguments, **more):
        done = run_cli(*arguments, "--data", self.data, **more)
        if arguments[0] not in _TELLS_SECRETS:
            told = self.told_secret(done.stdout + done.stderr)
            assert not told, f"{arguments} tells the secret {told[:12]}…"
        return done

    def cli_ok(self, *arguments, **more):
        done = self.cli(*arguments, **more)
        assert done.returncode == OK, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def token(self, owner="alice"):
        """A bearer token of this owner."""
        token = self.cli_ok("token", "--owner", owner).strip()
        self.secrets.add(token)
        return token

    def onboard(self, owner="alice"):
        onboarding = Onboarding(json.loads(self.cli_ok("onboard", "--owner", owner, "--json")))
        self.secrets.add(onboarding.code)
        return onboarding

    def ca_file(self):
        path = self.folder / "ca.pem"
        if not path.exists():
            path.write_text(self.onboard().ca)
        return path

    def certificate(self, di):
        """(certificate file, key file) for a device, issued by the hub."""
        prefix = self.folder / f"device-{di}"
        if not prefix.with_suffix(".crt").exists():
            self.cli_ok("pki", "device", di, "--out", prefix)
        return prefix.with_suffix(".crt"), prefix.with_suffix(".key")
