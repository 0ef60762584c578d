"""Pages, archives, and what the queries look for in them."""

import hashlib
import json
import re
import shutil
import sys

from . import options as given
from . import peers
from .options import BENCHES
from .process import run

PAGE_EVENTS, OVERLAP_EVENTS = 1000, 10  # As pages.py writes them.
YEAR = "365 days"
YEAR_EVENTS, YEAR_DAYS = 100_000, 365
DAYS = 60

# A user with about this many events is looked up: somebody who comes often, not the one who comes most.
USER_EVENTS = 100
PICK = f"""
    SELECT (SELECT count(*) FROM audit) AS events,
           (SELECT strftime(min(event_time), '%Y-%m-%d %H:%M') FROM audit) AS first_event,
           (SELECT strftime(max(event_time), '%Y-%m-%d %H:%M') FROM audit) AS last_event,
           (SELECT target_id FROM audit WHERE service = 'B2C' AND target_id IS NOT NULL
            GROUP BY target_id ORDER BY abs(count(*) - {USER_EVENTS}), target_id LIMIT 1) AS user_id,
           (SELECT correlation_id FROM audit WHERE service = 'B2C'
            GROUP BY correlation_id ORDER BY abs(count(*) - 5), correlation_id LIMIT 1) AS correlation_id,
           (SELECT id FROM audit WHERE service = 'B2C' ORDER BY md5(id) LIMIT 1) AS event_id,
           (SELECT client_ip FROM audit WHERE client_ip LIKE '2001:%' GROUP BY client_ip
            ORDER BY count(*), client_ip LIMIT 1) AS address"""


def pages(options, name, events=None, days=DAYS):
    """The folder of pages called so; made if it is not there."""
    events = events or given.EVENTS[name]
    folder = options.pages / name
    if not folder.exists():
        print(f"compare.py: writing {events:,} events to {folder}", file=sys.stderr)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        run([sys.executable, BENCHES / "pages.py", part, "--events", events, "--days", days])
        part.rename(folder)
    expected = 1 + max(0, -(-(events - PAGE_EVENTS) // (PAGE_EVENTS - OVERLAP_EVENTS)))
    found = len(page_files(folder))
    if found != expected:
        sys.exit(f"compare.py: {folder} has {found} pages, not {expected}: remove it, and it is made again")
    return folder


def year_pages(options):
    return pages(options, YEAR, YEAR_EVENTS, YEAR_DAYS)


def new_pages(options, size):
    """One per cent of the size in events that the pages of no size hold, in the last days of them."""
    events, days = given.EVENTS[size] // 100, DAYS / 100
    folder = options.pages / f"{size} new"
    if not folder.exists():
        plain = pages(options, f"{size} new, same names", events, days)
        for page in page_files(plain):
            # Every GUID becomes another valid one.
            page.write_text(re.sub(r"-a([0-9a-f]{3}-[0-9a-f]{12})", r"-b\1", page.read_text()))
        plain.rename(folder)
    return pages(options, folder.name, events, days)


def page_files(folder):
    return sorted(folder.glob("audit*.json"), key=lambda path: int(path.stem[5:]))


def warm(folder):
    """Puts the files into the page cache."""
    buffer = bytearray(1 << 20)  # Small: children's peak memory is never less than ours.
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with file.open("rb", buffering=0) as stream:
                while stream.readinto(buffer):
                    pass


def one_file(options, size):
    """All events of the size in one page; the folder of it."""
    folder = options.pages / f"{size} in one file"
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    with (part / "audit0.json").open("wb") as out:
        for index, page in enumerate(page_files(pages(options, size))):
            text = page.read_bytes()
            begin, end = text.index(b'"value":[') + len(b'"value":['), text.rindex(b"]}")
            out.write(b"," if index else b'{"value":[')
            out.write(text[begin:end])
        out.write(b"]}")
    part.rename(folder)
    return folder


def archive(options, name, folder):
    """The archive of these pages; made if it is missing, or older than the program."""
    path = options.archive(name)
    commits = sorted((path / "commits").glob("*.json"))
    if not commits or commits[0].stat().st_mtime < options.auditql.stat().st_mtime:
        shutil.rmtree(path, ignore_errors=True)
        run(ingest_command(options, folder, path))
    return path


def archive_of(options, size):
    return archive(options, size, pages(options, size))


def ingest_command(options, folder, archive_path):
    return [options.auditql, "ingest", folder, "-a", archive_path, "--quiet"]


def parquet(archive_path):
    return archive_path / "data" / "audit" / "*.parquet"


def facts(archive_path):
    """What is looked for, and how many events there are."""
    _, (row,) = peers.duckdb_rows([*peers.duckdb_setup(parquet(archive_path)), PICK])
    return row


def size_on_disk(path):
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def archive_bytes(archive_path):
    """Bytes of the whole archive, of the table's files, and of its column `raw` in them."""
    sql = (f"SELECT sum(total_compressed_size) FILTER (WHERE path_in_schema = 'raw') AS raw "
           f"FROM parquet_metadata({peers.quoted(parquet(archive_path))})")
    _, (row,) = peers.duckdb_rows([sql])
    return {"all": size_on_disk(archive_path), "data": size_on_disk(archive_path / "data" / "audit"), "raw": int(row["raw"] or 0)}


def page_facts(folder):
    files = page_files(folder)
    return {"pages": len(files), "bytes": sum(file.stat().st_size for file in files)}


def version(options):
    """What the program calls itself, and the beginning of its SHA-256: results of two builds are not one table."""
    with options.auditql.open("rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()
    return f"{run([options.auditql, '--version']).stdout.strip()} ({digest[:8]})"


def load(path):
    return json.loads(path.read_text())
