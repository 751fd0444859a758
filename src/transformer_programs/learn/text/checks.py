"""What the settings of the learner `text` must keep to, told before anything is computed."""

from __future__ import annotations

import math

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.text.classes import parse_factors
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.entities import is_iob2
from transformer_programs.learn.text.surface import FEATURES, features_of, gazetteers_of
from transformer_programs.tasks import Dataset, Kind

__all__ = ["check_settings"]

LEAST = {"least": 1, "words": 1, "steps": 1, "reach": 0, "frequent": 0, "pairs": 0, "draw": 0}
"""The least value of settings that are numbers."""


def check_settings(config: Text, data: Dataset) -> None:
    """Whether a program can be learned with them; files of vectors and gazetteers are not read.

    Raises:
        ConfigError: a setting out of range, or one that the data does not allow.
        DataError: no training examples.
    """
    for name, least in LEAST.items():
        value = getattr(config, name)
        if value is not None:
            at_least(name, value, least)
    if math.isinf(config.draw):
        raise ConfigError(place="draw", got=str(config.draw), expected="a finite number, 0 or more")
    parse_factors(config.classes)
    if not data.train:
        raise DataError(place=data.name, got="no training examples", expected="at least one")
    known = {feature for feature in FEATURES if "=" not in feature}
    for name in features_of(config):
        if name not in known and not name.startswith("gazetteer="):
            raise ConfigError(place="features", got=repr(name), expected=", ".join(FEATURES))
    if "" in gazetteers_of(config):
        raise ConfigError(place="features", got="'gazetteer='", expected="gazetteer=FILE, a list with an entry a line")
    pooled = data.kind is Kind.CLASSIFICATION
    for name, value in (("scope", config.scope), ("opening", config.opening)):
        if value and not pooled:
            got, todo = f"{str(value).lower()!r} for tagging", "leave it out, or --kind classification"
            raise ConfigError(place=name, got=got, expected="it for classification only", todo=todo)
    if config.decode and (pooled or not is_iob2(data.labels)):
        expected = "IOB2 tags: O, B-X and I-X"
        raise ConfigError(place="decode", got=f"labels such as {data.labels[0]}", expected=expected)
    if "unseen" in features_of(config) and not (pooled and config.vectors.strip(" ,") and config.draw):
        expected = "classification with word vectors, and `draw` above 0"
        raise ConfigError(place="features", got="unseen", expected=expected)
    if pooled and config.scope and not {word.strip() for word in config.scope.split(",")} & set(data.vocabulary):
        raise ConfigError(place="scope", got=repr(config.scope), expected="words that training has, between commas")
