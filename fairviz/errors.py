"""Errors that are shown to a person: what was found, where, and what to do."""


class FairvizError(Exception):
    """Base of every error that a page or command shows as one clear line."""


class DataError(FairvizError):
    """The data do not fit the schema, or cannot be learned from."""


class SettingError(FairvizError):
    """A setting is outside its range or names something unknown."""


class MissingDataError(FairvizError):
    """The rows of a built-in data set are not on this machine."""


class StoreError(FairvizError):
    """A stored result is missing, truncated, altered or of another format."""


class JobError(FairvizError):
    """A background job cannot be started or found."""
