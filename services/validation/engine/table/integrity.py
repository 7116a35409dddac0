"""`unique`, `primaryKey` and `foreignKeys` of one validation: what to note, and what to tell."""

from __future__ import annotations

from collections.abc import Iterable

from services.validation.engine.collector import Collector
from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.options import Options, Reference
from services.validation.engine.report import Entry
from services.validation.engine.schema import ForeignKey, Schema
from services.validation.engine.table.columns import ColumnSet, FaultsByColumn
from services.validation.engine.table.keys import ForeignKeyRows, HashLog, KeyColumns, UniqueKey, hash_rows
from services.validation.engine.table.run import TableRun
from services.validation.engine.table.view import BlockView
from services.validation.engine.text.blocks import Block

_OF_RECORDS = ("primary-key", "foreign-key")


class Integrity:
    """Follows the keys of a table through one pass, and a second one only if something may be wrong."""

    def __init__(self, schema: Schema, run: TableRun, collector: Collector, options: Options) -> None:
        self._run = run
        self._collector = collector
        self._options = options
        self._unique = [
            UniqueKey("unique-error", KeyColumns((checker,)), HashLog())
            for checker in run.checkers
            if checker.column.known and checker.column.field.constraints.get("unique") is True
        ]
        if primary := self._columns(schema.primary_key):
            self._unique.append(UniqueKey("primary-key", primary, HashLog()))
        self._foreign = [found for key in schema.foreign_keys if (found := self._foreign_key(key))]

    def _columns(self, names: tuple[str, ...]) -> KeyColumns | None:
        """The columns of a key, None when the file lacks one of them (a missing label tells it)."""
        found = [self._run.by_name.get(name) for name in names]
        known = tuple(checker for checker in found if checker is not None)
        return KeyColumns(known) if names and len(known) == len(names) else None

    def _foreign_key(self, key: ForeignKey) -> ForeignKeyRows | None:
        columns = self._columns(key.fields)
        if columns is None:
            return None
        made = ForeignKeyRows(columns, key.resource, key.reference_fields, HashLog(), HashLog())
        if not key.resource:
            # Without the column referred to, there is nothing that a row could refer to.
            made.own_columns = self._columns(key.reference_fields)
            return made
        reference = self._options.references.get(key.resource)
        message = "foreign-key-unchecked"
        if reference is not None:
            try:
                self._read_reference(reference, key, made.targets)
            except Unreadable:
                message = "foreign-key-unreadable"
            else:
                return made
        params = {"resource": key.resource, "fields": list(key.fields)}
        self._collector.tell([Finding("foreign-key", message, params, "warning")])
        return None

    def _read_reference(self, reference: Reference, key: ForeignKey, targets: HashLog) -> None:
        from services.validation.engine.table.reference import key_blocks

        for columns, view, faults in key_blocks(reference, key.reference_fields, self._options):
            hashes, empty = hash_rows(columns.values(view, faults))
            targets.add(hashes[~empty], empty[~empty].astype("int64"))

    @property
    def columns(self) -> frozenset[int]:
        """The columns that the keys are made of."""
        keys = [key.columns for key in self._unique]
        for foreign in self._foreign:
            keys += [foreign.columns, *([foreign.own_columns] if foreign.own_columns else [])]
        return frozenset(checker.index for key in keys for checker in key.checkers)

    def note(self, view: BlockView, faults: FaultsByColumn) -> None:
        """First pass over a block."""
        for key in self._unique:
            empty = key.note(view, faults)
            if key.code == "primary-key":
                for offset in empty:
                    self._tell(key.code, "primary-key-empty", key.columns, view, offset, {})
        for foreign in self._foreign:
            foreign.note(view, faults)

    def needs_second_pass(self) -> bool:
        """Whether some key may be repeated, or lead nowhere."""
        unique = [key.close_first_pass() for key in self._unique]
        foreign = [key.close_first_pass() for key in self._foreign]
        return any(unique) or any(foreign)

    def second_pass(self, blocks: Iterable[Block]) -> None:
        """Compare the candidates as they are written, and tell what is wrong."""
        keys = [*(key.columns for key in self._unique), *(key.columns for key in self._foreign)]
        key_checkers = {checker.index: checker for key in keys for checker in key.checkers}
        columns = ColumnSet(list(key_checkers.values()))
        for block in blocks:
            view = BlockView(block)
            faults = columns.faults(view)
            for key in self._unique:
                for offset, before in key.repeats(view, faults):
                    params: dict[str, object] = {"before": before}
                    name = "unique" if key.code == "unique-error" else "primary-key"
                    self._tell(key.code, name, key.columns, view, offset, params)
            for foreign in self._foreign:
                target: dict[str, object] = {
                    "resource": foreign.resource,
                    "target": list(foreign.reference_fields),
                }
                for offset in foreign.lost_offsets(block):
                    self._tell("foreign-key", "foreign-key", foreign.columns, view, offset, target)

    def _tell(
        self,
        code: str,
        message: str,
        columns: KeyColumns,
        view: BlockView,
        offset: int,
        params: dict[str, object],
    ) -> None:
        column = columns.checkers[0].column
        kind = (column.number, code, "unique" if code == "unique-error" else None)
        self._collector.count(kind, column.field.name, 1)
        if self._collector.room(kind) <= 0:
            return
        names = [checker.column.field.name for checker in columns.checkers]
        cells = [view.texts(checker.index)[offset] or "" for checker in columns.checkers]
        entry = Entry(
            code,
            message,
            {"fields": names, "values": cells, **params},
            row=view.row(offset),
            line=view.line(offset),
            field=column.field.name,
            field_number=column.number,
            cell=cells[0],
            constraint=kind[2],
            limit=True if kind[2] else None,
            cells=self._collector.record(kind, view, offset) if code in _OF_RECORDS else None,
        )
        self._collector.keep(kind, entry)
