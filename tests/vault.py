#!/usr/bin/env python3
"""The gateway as Vault's clients see it: hvac itself, the command line, and a gateway that is killed.

    tests/vault.py OPAGATE DIRECTORY

Starts the emulator and a gateway on free ports of this machine, with a store in DIRECTORY. Needs hvac.
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import hvac
from hvac import exceptions


def check(is_so, what):
    """Ends with what was expected, unless it is so."""
    if not is_so:
        sys.exit(f"FAILED: {what}")


def wait_for(pattern, path, process):
    """The first group of what a process prints into a file."""
    for _ in range(200):
        found = re.search(pattern, path.read_text(), re.MULTILINE)
        if found:
            return found.group(1)
        check(process.poll() is None, f"{path.name} ended:\n{path.read_text()[-2000:]}")
        time.sleep(0.05)
    sys.exit(f"FAILED: no {pattern} in {path.read_text()[-2000:]}")


def post(url, body):
    """Status and answer of a request that OPA's own clients make."""
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def get(url, token):
    """Status of a read."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Gateway:
    """A gateway that can be killed and started again."""

    def __init__(self, opagate, directory):
        self.opagate, self.directory = opagate, directory
        self.starts = 0
        out = directory / "emulator"
        with out.open("w") as file:
            command = [opagate, "emulate", "--listen", "127.0.0.1:0"]
            self.emulator = subprocess.Popen(command, stdout=file, stderr=file)
        wait_for(r"^(try)", out, self.emulator)
        said = out.read_text()
        word = lambda name: re.search(rf"^{name} *(\S+)", said, re.MULTILINE).group(1)
        made = json.loads(subprocess.check_output([opagate, "init", "--json"]))
        self.root = made["root_token"]
        self.okta = word("Okta")
        self.api_token = re.search(r"^API token +SSWS (\S+)", said, re.MULTILINE).group(1)
        self.password = re.search(r"^a user .*, password (\S+)", said, re.MULTILINE).group(1)
        (directory / "gateway.toml").write_text(
            f"""
[[listener]]
name = "main"
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[[team]]
name = "demo"
url = "{word("emulator")}"
[[team.principal]]
name = "gateway"
[[team.principal.key]]
id = "{word("key id")}"
secret = "{word("secret")}"
[store]
path = "{directory}/store"
key = "of-this-test-alone-0123456789abcdef"
[sessions]
root_token_sha256 = "{made["root_token_sha256"]}"
"""
        )

    def start(self):
        """Starts it; returns a client that may do everything."""
        self.starts += 1
        out = self.directory / f"gateway-{self.starts}"
        with out.open("w") as file:
            command = [self.opagate, "serve", "--config", str(self.directory / "gateway.toml")]
            self.process = subprocess.Popen(command, stdout=file, stderr=file)
        self.admin = wait_for(r"admin: (http://[0-9.:]+)", out, self.process)
        self.url = wait_for(r"callers: (http://[0-9.:]+)", out, self.process)
        return self.client(self.root)

    def client(self, token):
        return hvac.Client(url=self.url, token=token)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def keys(self, *arguments):
        """What `opagate keys` answers in JSON."""
        command = [self.opagate, "keys", *arguments, "--json", "--url", self.admin]
        return json.loads(subprocess.check_output(command))

    def stop(self):
        for process in [self.process, self.emulator]:
            process.send_signal(signal.SIGTERM)
            check(process.wait(30) == 0, "a process did not end well")


def refused(what, *kinds):
    """Whether hvac says so in one of these ways."""
    try:
        what()
    except kinds:
        return True
    return False


def policies(root):
    text = 'path "teams/demo/*" {\n  capabilities = ["read", "list"]\n}\n'
    root.sys.create_or_update_policy("reader", text)
    root.sys.create_or_update_policy("as-json", {"path": {"a": {"capabilities": ["read"]}}})
    names = root.sys.list_policies()["data"]["policies"]
    check(names == ["as-json", "default", "reader", "root"], f"policies are {names}")
    check(root.sys.read_policy("reader")["data"]["rules"] == text, "a policy is what was written")
    root.sys.delete_policy("as-json")
    missing = lambda: root.sys.read_policy("as-json")
    check(refused(missing, exceptions.InvalidPath), "what is deleted is not there")
    broken = lambda: root.sys.create_or_update_policy("x", "path {")
    check(refused(broken, exceptions.InvalidRequest), "a broken policy is refused")


def tokens(gateway, root):
    check(root.is_authenticated(), "the root token is one")
    check(not gateway.client("hvs.wrong").is_authenticated(), "any other is not")
    made = root.auth.token.create(policies=["reader"], ttl="1h", meta={"for": "ci"})["auth"]
    client = gateway.client(made["client_token"])
    own = client.auth.token.lookup_self()["data"]
    check(own["policies"] == ["default", "reader"], f"policies are {own['policies']}")
    check(own["meta"] == {"for": "ci"} and 3590 < own["ttl"] <= 3600, f"it is {own}")
    renewed = client.auth.token.renew_self(increment="10m")["auth"]
    check(renewed["lease_duration"] == 600, f"it lasts {renewed['lease_duration']} s")
    check(get(f"{gateway.url}/v1/teams/demo/groups", client.token) == 200, "it reads groups")
    of_accessor = root.auth.token.lookup_accessor(made["accessor"])["data"]
    check(of_accessor["id"] == "", "an accessor shows no token")
    accessors = root.list("auth/token/accessors")["data"]["keys"]
    check(made["accessor"] in accessors, "it is listed")
    forbidden = lambda: client.sys.list_policies()
    check(refused(forbidden, exceptions.Forbidden), "it may not what it may not")
    can = client.sys.get_capabilities(["teams/demo/groups", "sys/policy"])["data"]
    check(can["teams/demo/groups"] == ["read", "list"] and can["sys/policy"] == ["deny"], f"{can}")
    other = root.auth.token.create(policies=["reader"])["auth"]["client_token"]
    root.auth.token.revoke(other)
    check(not gateway.client(other).is_authenticated(), "what is revoked is no token")
    wrapped = lambda: root.auth.token.create(policies=["reader"], wrap_ttl="60s")
    check(refused(wrapped, exceptions.InvalidRequest), "wrapping is refused")
    token = client.token
    client.logout(revoke_token=True)
    check(not gateway.client(token).is_authenticated(), "who logged out is out")
    check(get(f"{gateway.url}/v1/teams/demo/groups", token) == 401, "on OPA's paths too")


def server(root):
    check(root.sys.is_initialized() and not root.sys.is_sealed(), "it is there, and open")
    health = root.sys.read_health_status(method="GET")
    check(health["standby"] is False, f"health is {health}")
    check(root.sys.read_leader_status()["ha_enabled"] is False, "it has nobody to lead")
    check("token/" in root.sys.list_auth_methods()["data"], "tokens are a method")


def keys(gateway):
    made = gateway.keys("create", "--name", "terraform", "--policy", "reader", "--ttl", "2h")
    url = f"{gateway.url}/v1/teams/demo"
    body = {"key_id": made["key_id"], "key_secret": made["key_secret"]}
    status, token = post(f"{url}/service_token", body)
    check(status == 200 and token["team_name"] == "demo", f"{status} for a virtual key")
    check(get(f"{url}/groups", token["bearer_token"]) == 200, "its token reads groups")
    listed = gateway.keys("list")["keys"]
    check([key["name"] for key in listed] == ["terraform"], "it is listed")
    check("key_secret" not in json.dumps(listed), "without its secret")
    rotated = gateway.keys("rotate", "terraform", "--overlap", "1h")
    newer = {**body, "key_secret": rotated["key_secret"]}
    for both in [body, newer]:
        check(post(f"{url}/service_token", both)[0] == 200, "both secrets are good")
    without = subprocess.run(
        [gateway.opagate, "keys", "revoke", "terraform", "--url", gateway.admin], capture_output=True
    )
    check(without.returncode == 2 and b"--yes" in without.stderr, "it asks for --yes")
    gateway.keys("revoke", "terraform", "--yes")
    check(get(f"{url}/groups", token["bearer_token"]) == 401, "its token ends with it")
    check(post(f"{url}/service_token", newer)[0] == 401, "and it gives no other")


def logins(gateway, root):
    okta = root.auth.okta
    okta.configure(
        org_name="acme", api_token=gateway.api_token, base_url=gateway.okta, mount_point="okta"
    )
    config = okta.read_config()["data"]
    check(config["org_name"] == "acme" and "api_token" not in config, f"settings are {config}")
    okta.register_user("ada@example.com", groups=["local"], policies=["extra"])
    okta.register_group("dev", policies=["reader"])
    okta.register_group("local", policies=["Local"])
    check(okta.list_users()["data"]["keys"] == ["ada@example.com"], "the user is listed")
    check(okta.list_groups()["data"]["keys"] == ["dev", "local"], "the groups are listed")
    check(okta.read_user("ada@example.com")["data"]["policies"] == ["extra"], "the user is read")
    check(okta.read_group("local")["data"]["policies"] == ["local"], "the group is read")

    client = gateway.client(None)
    auth = client.auth.okta.login("ada@example.com", gateway.password)["auth"]
    expected = ["default", "extra", "local", "reader"]
    check(auth["token_policies"] == expected, f"policies are {auth['token_policies']}")
    check(client.is_authenticated(), "who logged in is in")
    own = client.auth.token.lookup_self()["data"]
    check(own["path"] == "auth/okta/login/ada@example.com" and own["orphan"], f"it is {own}")
    renewed = client.auth.token.renew_self(increment="20m")["auth"]
    check(renewed["lease_duration"] == 1200, f"it lasts {renewed['lease_duration']} s")
    check(get(f"{gateway.url}/v1/teams/demo/groups", client.token) == 200, "it reads groups")
    wrong = lambda: gateway.client(None).auth.okta.login("ada@example.com", "wrong")
    check(refused(wrong, exceptions.InvalidRequest), "a wrong password is refused")

    root.sys.enable_auth_method("okta", path="test-okta")
    check("test-okta/" in root.sys.list_auth_methods()["data"], "there is another mount")
    okta.configure("acme", base_url=gateway.okta, mount_point="test-okta")
    there = gateway.client(None)
    there.auth.okta.login("ada@example.com", gateway.password, mount_point="test-okta")
    check(there.is_authenticated(), "who logged in there is in")
    root.sys.disable_auth_method("test-okta")
    check(not there.is_authenticated(), "until it is taken away")

    okta.delete_user("ada@example.com")
    check(refused(lambda: okta.read_user("ada@example.com"), exceptions.InvalidPath), "it is gone")
    changed = lambda: client.auth.token.renew_self()
    check(refused(changed, exceptions.Forbidden), "with other policies it is not renewed")
    client.auth.token.revoke_self()
    check(not gateway.client(auth["client_token"]).is_authenticated(), "what is revoked is out")


def killed(gateway, rounds):
    """What was answered is there after the gateway was killed, whenever that was."""
    answered, revoked, lock = [], [], threading.Lock()

    def write(client, until):
        while not until.is_set():
            try:
                made = client.auth.token.create(policies=["reader"], ttl="10h")["auth"]
                with lock:
                    answered.append(made["client_token"])
                if len(answered) % 5 == 0:
                    gone = client.auth.token.create(policies=["reader"])["auth"]["client_token"]
                    client.auth.token.revoke(gone)
                    with lock:
                        revoked.append(gone)
            except (OSError, exceptions.VaultError):
                return

    for number in range(rounds):
        client = gateway.start()
        until = threading.Event()
        writers = [threading.Thread(target=write, args=(client, until)) for _ in range(8)]
        for writer in writers:
            writer.start()
        time.sleep(0.3 + 0.13 * number)
        gateway.kill()
        until.set()
        for writer in writers:
            writer.join()
    gateway.start()
    for token in answered:
        check(gateway.client(token).is_authenticated(), "a token that was answered is gone")
    for token in revoked:
        check(not gateway.client(token).is_authenticated(), "a token that was revoked is back")
    count = f"{len(answered)} tokens made and {len(revoked)} revoked"
    print(f"killed {rounds} times: {count}, all as it was answered")


def main():
    gateway = Gateway(sys.argv[1], pathlib.Path(sys.argv[2]))
    root = gateway.start()
    policies(root)
    tokens(gateway, root)
    server(root)
    logins(gateway, root)
    keys(gateway)
    print("hvac and opagate keys: all is well")
    gateway.kill()
    killed(gateway, 6)
    store = (gateway.directory / "store").read_bytes()
    check(b"hvs." not in store, "no token stands in the store")
    secrets = [gateway.api_token, gateway.password]
    check(not any(secret.encode() in store for secret in secrets), "nor a secret of Okta's")
    for log in gateway.directory.glob("gateway-*"):
        check(not any(secret in log.read_text() for secret in secrets), "nor in the log")
    check((gateway.directory / "store").stat().st_mode & 0o777 == 0o600, "the store is its owner's")
    gateway.stop()


main()
