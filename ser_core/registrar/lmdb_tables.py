"""Which domains the location table has, and those of them that this process has open."""

from __future__ import annotations

from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.lmdb_room import Room
from ser_core.registrar.lmdb_table import Table
from ser_core.registrar.marks import Marks


class Tables(dict[str, Table]):
    """By domain; one that another process has made is opened when somebody asks for it.

    Asking raises KeyError for a domain that nobody has made. It must not be done within a
    transaction.
    """

    def __init__(self, file: LmdbFile) -> None:
        super().__init__()
        self._file = file
        self._room = Room(file)

    def names(self) -> list[str]:
        """The domains that any process has made, in alphabetical order."""
        with self._file.reading() as txn:
            names = [bytes(key) for key in txn.cursor().iternext(values=False)]
        return [name.decode() for name in names if not name.startswith(b"#") and b"/" not in name]

    def add(self, domain: str) -> None:
        """Open the databases of a domain, and make those that are missing."""
        if domain not in self:
            self[domain] = self._open(domain)

    def __missing__(self, domain: str) -> Table:
        if domain not in self.names():
            raise KeyError(domain)
        table = self[domain] = self._open(domain)
        return table

    def _open(self, domain: str) -> Table:
        environment = self._file.environment
        main = environment.open_db()
        with self._file.writing() as txn:
            records = environment.open_db(domain.encode(), txn=txn)
            due = environment.open_db(domain.encode() + b"/due", txn=txn)
            marks = Marks.open(environment, txn, domain)
        table = Table(domain, records, due, main, self._room)
        self._room.count(records, due)
        if marks is not None:
            self._follow(table, marks)
        return table

    def mark_changes(self, domain: str) -> None:
        """Have changes of the domain marked, in every process that opens it afterwards."""
        self.add(domain)
        if self[domain].marks is None:
            with self._file.writing() as txn:
                marks = Marks.make(self._file.environment, txn, domain)
            self._follow(self[domain], marks)

    def _follow(self, table: Table, marks: Marks) -> None:
        table.marks = marks
        self._room.count(marks.handle)
        self._room.keep_for_marks()
