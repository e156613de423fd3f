"""The partition of each city, its blocks, and the bands taken on it. Blocks stay inside the server."""

from django.db import models
from django.db.models import Q


class Partition(models.Model):
    """One freeze of one city; the newest of a city is the one in force."""

    id = models.BigAutoField(primary_key=True)
    city = models.TextField(db_comment="Short name of the city")
    frozen_at = models.DateTimeField(db_comment="When it was made, UTC; refrozen yearly at most")
    superseded_at = models.DateTimeField(null=True, db_comment="When a newer one took over; null while in force")

    class Meta:
        db_table = "cells_partition"
        db_table_comment = "Freezes of a city into published cells"
        constraints = [
            models.UniqueConstraint(fields=["city"], condition=Q(superseded_at=None), name="cells_one_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.city} {self.frozen_at:%Y-%m-%d}"


class PartitionCell(models.Model):
    """One H3 cell of a partition: published itself, or attached to the published cell next to it."""

    id = models.BigAutoField(primary_key=True)
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="cells")
    h3 = models.TextField(db_comment="H3 index (hex), resolution 9 or coarser")
    published = models.TextField(db_comment="The published cell it belongs to: itself, or the one it is attached to")
    addresses = models.PositiveIntegerField(db_comment="Residential addresses inside this H3 cell")
    reason = models.TextField(
        blank=True, default="", db_comment="Why it is not a cell of 50: attached, small_city or empty"
    )

    class Meta:
        db_table = "cells_partition_cell"
        db_table_comment = "H3 cells of a partition, disjoint, each belonging to one published cell"
        constraints = [
            models.UniqueConstraint(fields=["partition", "h3"], name="cells_h3_once"),
            models.CheckConstraint(condition=Q(addresses__gte=50) | ~Q(reason=""), name="cells_fifty_or_explained"),
        ]

    def __str__(self) -> str:
        return self.h3


class Block(models.Model):
    """50 addresses or more of one published cell that distances are measured for together."""

    id = models.BigAutoField(primary_key=True)
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="blocks")
    published = models.TextField(db_comment="The published cell that it is a part of")
    lat = models.FloatField(db_comment="Middle of its addresses, degrees, WGS84")
    lon = models.FloatField(db_comment="Middle of its addresses, degrees, WGS84")
    radius_m = models.PositiveIntegerField(db_comment="No address of it lies further from the middle, metres")
    addresses = models.PositiveIntegerField(db_comment="Residential addresses inside")

    class Meta:
        db_table = "cells_block"
        db_table_comment = "Groups of addresses that all have the same distances"
        constraints = [models.CheckConstraint(condition=Q(addresses__gte=50), name="cells_block_of_fifty")]

    def __str__(self) -> str:
        return f"{self.published} {self.id}"


class BlockCell(models.Model):
    """Addresses of one block in one fine H3 cell; a fine cell on a border has parts in two published cells."""

    id = models.BigAutoField(primary_key=True)
    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="cells")
    h3 = models.TextField(db_index=True, db_comment="H3 index (hex) of resolution 11")

    class Meta:
        db_table = "cells_block_cell"
        db_table_comment = "Which block the addresses of a fine H3 cell belong to"
        constraints = [models.UniqueConstraint(fields=["block", "h3"], name="cells_block_cell_once")]

    def __str__(self) -> str:
        return self.h3


class StagedLeaf(models.Model):
    """Newer address counts of a city that wait for its year to be over; no address is kept, only how many."""

    id = models.BigAutoField(primary_key=True)
    city = models.TextField(db_comment="Short name of the city")
    h3 = models.TextField(db_comment="H3 index (hex) of resolution 9")
    fine = models.TextField(db_comment="H3 index (hex) of resolution 11")
    addresses = models.PositiveIntegerField(db_comment="Residential addresses that lie in both H3 cells")
    staged_at = models.DateTimeField(db_comment="When the list was handed in, UTC; one list per city")

    class Meta:
        db_table = "cells_staged_leaf"
        db_table_comment = "Address counts for the next yearly freeze of a city"
        constraints = [models.UniqueConstraint(fields=["city", "h3", "fine"], name="cells_staged_once")]

    def __str__(self) -> str:
        return f"{self.city} {self.fine}"


class BandSnapshot(models.Model):
    """One count of consenting places per cell, over all programmes that run, kept as bands only."""

    id = models.BigAutoField(primary_key=True)
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="snapshots")
    programme = models.TextField(db_comment="Id of the programme whose start it was taken at; empty: a month was over")
    taken_at = models.DateTimeField(db_comment="UTC; at most one in 28 days per city")

    class Meta:
        db_table = "cells_band_snapshot"
        db_table_comment = "When bands were taken; never live"
        indexes = [models.Index(fields=["partition", "taken_at"])]

    def __str__(self) -> str:
        return f"{self.programme} {self.taken_at:%Y-%m-%d}"


class CellBand(models.Model):
    """The band of one published cell in one snapshot; absent means under_5."""

    id = models.BigAutoField(primary_key=True)
    snapshot = models.ForeignKey(BandSnapshot, on_delete=models.CASCADE, related_name="bands")
    cell = models.TextField(db_comment="Published cell (H3, hex)")
    band = models.TextField(db_comment="5_to_9 or 10_or_more; the count itself is not kept")

    class Meta:
        db_table = "cells_cell_band"
        db_table_comment = "Bands of a snapshot; a cell without a row is under_5"
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "cell"], name="cells_band_once"),
            models.CheckConstraint(condition=Q(band__in=["5_to_9", "10_or_more"]), name="cells_known_band"),
        ]

    def __str__(self) -> str:
        return f"{self.cell} {self.band}"
