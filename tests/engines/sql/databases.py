"""The databases that check_sql.py asks: how each is started, and how rows are read from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

NOBODY = 65534


def output(command: list[str], sql: str, **more: object) -> str:
    done = subprocess.run(command, input=sql, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{sql}\n{done.stdout}{done.stderr}")
    return done.stdout


class Database:
    dialect = ""
    schema = "mart"
    quote = '"'
    text = "varchar(20)"
    view_pins_table = False
    transaction = True
    client: list[str] | None = None
    secret: str | None = None

    def stop(self) -> None:
        """Ends what was started."""

    def sql(self, text: str) -> str:
        raise NotImplementedError

    def rows(self, query: str) -> list[str]:
        return sorted(line for line in self.sql(query + ";").splitlines() if line)

    def name(self, part: str) -> str:
        return f"{self.quote}{part}{self.quote}"


class Sqlite(Database):
    dialect, schema = "sqlite", "main"

    def __init__(self, folder: Path, engines: Path) -> None:
        self.secret = str(folder / "test.sqlite")

    def sql(self, text: str) -> str:
        return output(["sqlite3", "-bail", self.secret], text)


class Duckdb(Database):
    dialect = "duckdb"

    def __init__(self, folder: Path, engines: Path) -> None:
        self.secret = str(folder / "test.duckdb")
        self.program = str(engines / "venv/bin/duckdb")
        self.path = str(engines / "venv/bin")
        self.sql("create schema mart;")

    def sql(self, text: str) -> str:
        return output([self.program, "-bail", "-noheader", "-list", self.secret], text)


class Server(Database):
    """A server that listens on a socket in its folder, and that runs as nobody where this runs as root."""

    process: subprocess.Popen[bytes]

    @staticmethod
    def user() -> dict[str, object]:
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def start(self, command: list[str], folder: Path) -> None:
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **self.user())
        for _ in range(150):
            if self.process.poll() is not None:
                break
            try:
                self.sql("select 1;")
                return
            except RuntimeError:
                time.sleep(0.2)
        raise RuntimeError(f"{command[0]} does not answer:\n{(folder / 'log').read_text(errors='replace')}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


class Postgres(Server):
    dialect = "postgres"
    view_pins_table = True

    def __init__(self, folder: Path, engines: Path) -> None:
        programs = next(engines.glob("sql/lib/python*/site-packages/pgserver/pginstall/bin"))
        home = own_folder(folder)
        subprocess.run([programs / "initdb", "-D", home / "data", "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale"],
                       check=True, stdout=subprocess.DEVNULL, cwd=home, **self.user())
        self.secret = f"host={home} user=test dbname=postgres"
        self.path = str(programs)
        self.programs = programs
        self.start([str(programs / "postgres"), "-D", str(home / "data"), "-k", str(home), "-c", "listen_addresses="], home)
        self.sql("create schema mart;")

    def sql(self, text: str) -> str:
        return output([str(self.programs / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.secret], text)


class Mariadb(Server):
    dialect, quote = "mysql", "`"

    def __init__(self, folder: Path, engines: Path) -> None:
        root = engines / "mariadb"
        home = own_folder(folder)
        libraries = ":".join(str(path) for path in sorted({path.parent for path in root.glob("**/*.so*")}))
        os.environ["LD_LIBRARY_PATH"] = f"{libraries}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
        server = str(root / "usr/sbin/mariadbd")
        common = ["--no-defaults", f"--datadir={home / 'data'}", f"--lc-messages-dir={root / 'usr/share/mysql'}",
                  f"--character-sets-dir={root / 'usr/share/mysql/charsets'}", f"--plugin-dir={home}"]
        (home / "data").mkdir()
        own(home)
        share = root / "usr/share/mysql"
        tables = "create database if not exists mysql;\nuse mysql;\n"
        tables += "".join((share / name).read_text() for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql"))
        output([server, *common, "--bootstrap", "--skip-grant-tables", "--log-warnings=0"], tables, cwd=home, **self.user())
        socket = home / "socket"
        self.client = [str(root / "usr/bin/mariadb"), "--no-defaults", f"--socket={socket}", "--user=root", "--default-character-set=utf8mb4"]
        self.start([server, *common, f"--socket={socket}", "--skip-networking", "--skip-grant-tables", "--sql-mode="], home)
        self.sql("create database mart;")
        self.client.append("mart")

    def sql(self, text: str) -> str:
        return output([*self.client, "--batch", "--skip-column-names"], text).replace("\t", "|")


class Clickhouse(Database):
    dialect, quote, text = "clickhouse", "`", "Nullable(String)"

    def __init__(self, folder: Path, engines: Path) -> None:
        self.client = [str(engines / "sql/bin/python"), str(Path(__file__).with_name("clickhouse.py")), str(folder / "clickhouse")]
        self.sql("create database mart;")

    def sql(self, text: str) -> str:
        return output(self.client, text)


def own(path: Path) -> None:
    if os.geteuid() == 0:
        for each in (path, *path.rglob("*")):
            shutil.chown(each, NOBODY, NOBODY)


def own_folder(folder: Path) -> Path:
    """A folder that the server may write to; its path is short, because that of a socket has to be."""
    home = folder / "s"
    home.mkdir()
    own(home)
    folder.chmod(0o755)
    return home


ALL: dict[str, type[Database]] = {"sqlite": Sqlite, "duckdb": Duckdb, "postgres": Postgres, "mysql": Mariadb, "clickhouse": Clickhouse}
