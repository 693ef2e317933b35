"""The server: for this machine, for who knows the token, for the page itself, until it is closed."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from typer.testing import CliRunner

from frontlines import raised_limits
from frontlines.cli.main import app
from frontlines.errors import SourceError
from frontlines.points import Server
from frontlines.points import server as served_by

JSON = "application/json"


def ask(server, path, *, body=None, **headers):
    """Ask for a path as it is written, with some headers in place of the page's own."""
    connection = http.client.HTTPConnection(*server.server_address, timeout=60)
    own = {"Host": server.authority, "Origin": f"http://{server.authority}", "Content-Type": JSON}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest("GET" if body is None else "POST", path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({**own, **sent}).items():
        if value is not None:
            connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", sent.get("Length", str(len(body))))
    connection.endheaders(body)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer, read


def test_it_listens_to_this_machine_alone(served):
    assert served.server_address[0] == "127.0.0.1"
    assert served.url.startswith("http://127.0.0.1:")
    with pytest.raises(OSError, match=r"refused|reach|perm|timed"):
        socket.create_connection(("127.0.0.2", served.server_address[1]), timeout=2)
    assert len(served.token) >= 32
    with Server(served.desk, 0) as other:
        assert other.token != served.token


@pytest.mark.parametrize("path", ["/", "/state", "/alive", "/whole.jpg", "/favicon.ico", "/{other}/", "/{short}", "/x/{token}/state"])  # fmt: skip
def test_who_does_not_know_the_token_is_refused(served, path):
    path = path.format(token=served.token, other="A" * len(served.token), short=served.token[:-1])
    for body in (None, b"{}"):
        answer, read = ask(served, path, body=body)
        assert (answer.status, read) == (403, b"")


def test_other_names_of_this_machine_are_refused_so_that_no_page_of_the_internet_gets_here(served):
    page = f"/{served.token}/"
    port = served.server_address[1]
    assert ask(served, page)[0].status == 200
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"localhost:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "",
        None,
    ):
        assert ask(served, page, Host=host)[0].status == 403, host
        assert ask(served, f"{page}find", body=b"{}", Host=host)[0].status == 403, host


def test_questions_are_the_pages_own(served):
    find, body = f"/{served.token}/find", b'{"name": "Gyumri"}'
    answer, read = ask(served, find, body=body)
    assert answer.status == 200
    assert json.loads(read)["towns"][0]["country"] == "Armenia"
    for origin in (None, "null", "http://evil.example", "http://localhost:80", f"https://{served.authority}"):
        assert ask(served, find, body=body, Origin=origin)[0].status == 403, origin
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        assert ask(served, find, body=body, Content_Type=kind)[0].status == 403, kind
    for length in ("-1", "x", "1000001", "9" * 30):
        assert ask(served, find, body=b"", Length=length)[0].status == 413, length


@pytest.mark.parametrize("path", ["../digitize.toml", "%2e%2e/scan.png", "scan.png", "page.js", "tile/0/0/9999.jpg", "tile/9/0/0.jpg", "tile/0/-1/0.jpg", "tile/0/0/0.jpg/..", "state?x", "/etc/passwd", "find", "tile/0/0/0.png", "C:\\\\x"])  # fmt: skip
def test_no_file_is_served_by_its_name(served, path):
    answer, read = ask(served, f"/{served.token}/{path}")
    assert (answer.status, read) == (404, b"")
    assert ask(served, f"/{served.token}/{path}x", body=b"{}")[0].status == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS", "TRACE", "X"])
def test_other_ways_to_ask_are_refused_in_silence(served, method):
    connection = http.client.HTTPConnection(*served.server_address, timeout=60)
    connection.request(method, f"/{served.token}/", headers={"Host": served.authority})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (403, b"")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"name": "\\ud800"}', b"[" * 100_000, b'{"name": NaN}']
)
def test_what_is_no_question_is_refused_in_words(served, body):
    answer, read = ask(served, f"/{served.token}/find", body=body)
    assert answer.status == 400
    assert "is no question" in json.loads(read)["error"]


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("find", {"name": 3}), ("find", {"name": "x" * 300}), ("read", {"lon": "here", "lat": ""}),
        ("read", {"lon": "46", "lat": "40", "crs": "EPSG:0"}), ("pick", {"col": "1", "row": 2}),
        ("pick", {"col": -5, "row": 2}), ("pick", {"col": 1e300, "row": 2}), ("weigh", {"points": [1], "entries": {}}),
        ("weigh", {"points": [], "entries": []}), ("weigh", {"points": [{"id": "a"}], "entries": {}}),
        ("save", {"points": [], "entries": {"evil": 1}}), ("save", {"points": [], "entries": {"masks": [[1, 2]]}}),
        ("weigh", {"points": [], "entries": {"transformation": ["x"]}}),
    ],
)  # fmt: skip
def test_what_a_page_would_not_say_is_refused_in_words(served, what, asked):
    answer, read = ask(served, f"/{served.token}/{what}", body=json.dumps(asked).encode())
    assert answer.status == 400
    assert len(json.loads(read)["error"]) > 10
    assert [path.name for path in served.desk.draft.image.parent.iterdir()] == ["scan.png"]


def test_the_page_says_what_it_may_do_and_holds_nothing_of_the_data(served):
    answer, read = ask(served, f"/{served.token}/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"innerHTML" not in read
    assert b"http://www.w3.org/2000/svg" in read
    assert read.count(b"http") == 1
    assert "Python" not in answer.headers["Server"]


def test_it_ends_when_its_last_page_is_closed_but_not_when_one_is_loaded_anew(desk, monkeypatch):
    monkeypatch.setattr(served_by, "_GRACE_S", 60.0)
    monkeypatch.setattr(served_by, "_BEAT_S", 0.05)
    server, urls = Server(desk, 0), []
    worker = threading.Thread(target=server.run, args=(urls.append,), daemon=True)
    worker.start()

    def opened():
        connection = socket.create_connection(server.server_address)
        connection.sendall(f"GET /{server.token}/alive HTTP/1.1\r\nHost: {server.authority}\r\n\r\n".encode())
        assert b"200" in connection.recv(1000)
        return connection

    first = opened()
    first.close()
    while server.open_pages or not server.left_at:
        time.sleep(0.02)
    second = opened()
    while not server.open_pages:
        time.sleep(0.02)
    monkeypatch.setattr(served_by, "_GRACE_S", 0.0)
    time.sleep(0.2)
    assert worker.is_alive()
    second.close()
    worker.join(60)
    assert not worker.is_alive()
    assert urls == [server.url]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(server.server_address)


def test_answers_keep_to_the_bounds_of_the_program(desk, points):
    with raised_limits(control_points=3), Server(desk, 0) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        asked = json.dumps({"points": points, "entries": {}}).encode()
        answer, read = ask(server, f"/{server.token}/weigh", body=asked)
    assert answer.status == 400
    assert "control points" in json.loads(read)["error"]


def test_a_port_that_is_taken_is_told(served):
    with pytest.raises(SourceError, match=r"cannot be had.*pass another --port"):
        Server(served.desk, served.server_address[1])


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_command_prints_the_address_saves_and_stops_on_ctrl_c(scan, points):
    words = ["-c", "from frontlines.cli.main import main; main()", "points", str(scan), "--no-open"]
    done = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    url = done.stdout.readline().strip()
    _, _, authority, token, _ = url.split("/")
    host, _, port = authority.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    asked = {
        "points": points,
        "entries": {"area": [{"colour": "#f3c9c0", "side": "ARM"}], "date": "12.5.1994"},
    }
    headers = {"Origin": f"http://{authority}", "Content-Type": JSON}
    connection.request("POST", f"/{token}/save", json.dumps(asked), headers)
    assert json.loads(connection.getresponse().read()) == {
        "files": ["digitize.toml", "points.csv"],
        "lacking": "",
    }
    connection.close()
    done.send_signal(signal.SIGINT)
    printed, told = done.communicate(timeout=60)
    assert (done.returncode, printed) == (0, "")
    assert "stopped by Ctrl-C" in told
    assert f"frontlines digitize {scan.parent / 'digitize.toml'} --out traced" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere.png"], "nowhere.png is not a file or folder: check the path"),
        (["scan.png", "--recipe", "scan.png"], "ends in .toml"),
        (["scan.png", "--recipe", "nowhere/digitize.toml"], "nothing can be written into"),
        (["scan.png", "--page", "2"], "has one page, not 2"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_anything_is_served(scan, monkeypatch, words, told):
    monkeypatch.chdir(scan.parent)
    done = CliRunner().invoke(app, ["points", "--no-open", *words])
    assert done.exit_code == 2
    assert told in done.stderr
    assert [path.name for path in scan.parent.iterdir()] == ["scan.png"]
