"""Data: a frame plus a schema, its encoder, and where built-in sets come from."""

from fairviz.data.dataset import DomainDataset, read_csv
from fairviz.data.encoder import TableEncoder
from fairviz.data.schema import Schema
from fairviz.data.sources import DATASETS, load_dataset

__all__ = ["DATASETS", "DomainDataset", "Schema", "TableEncoder", "load_dataset", "read_csv"]
