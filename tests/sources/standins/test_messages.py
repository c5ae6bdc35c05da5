import hashlib
import re

import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from lightning_course.sources.standins.grammar import GRAMMAR
from lightning_course.sources.standins.messages import KINDS, generate_messages


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return generate_messages(seed=0)


def test_the_rows_of_a_seed_never_change(messages: pd.DataFrame) -> None:
    rows = "\n".join(messages["label"] + "\t" + messages["text"])
    assert (
        hashlib.sha256(rows.encode()).hexdigest()
        == "44f82861f340ceacae630a458f815ba16a0fa21c59e7d34b22a9cd2ef50a3cb4"
    )


def test_a_seed_gives_the_same_rows_twice_and_another_seed_others(messages: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(messages, generate_messages(seed=0))
    assert not messages["text"].equals(generate_messages(seed=1)["text"])


def test_messages_are_distinct_and_short(messages: pd.DataFrame) -> None:
    assert messages["text"].is_unique
    assert messages["text"].map(lambda text: 3 <= len(text.split()) <= 40).all()


def test_every_slot_was_filled(messages: pd.DataFrame) -> None:
    assert not messages["text"].str.contains(r"[{}|#\t\n]|  ").any()


def test_class_share(messages: pd.DataFrame) -> None:
    assert messages["label"].value_counts().to_dict() == {"spam": 670, "ham": 4_330}


def test_rows_are_shuffled(messages: pd.DataFrame) -> None:
    halves = messages["label"].eq("spam").groupby(messages.index < 2_500).mean()
    assert halves.between(0.11, 0.16).all()


def test_spam_speaks_in_the_words_of_ham(messages: pd.DataFrame) -> None:
    words = messages["text"].str.lower().str.findall(r"\w+").explode()
    ham, spam = (words[messages["label"] == label] for label in ("ham", "spam"))
    assert words.nunique() > 2_000
    assert spam.isin(ham).mean() > 0.7


def test_bag_of_words_learns_most_but_not_all(messages: pd.DataFrame) -> None:
    train, test = train_test_split(messages, test_size=0.33, random_state=0)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
        train["text"], train["label"]
    )
    assert 0.955 < model.score(test["text"], test["label"]) < 0.985


def test_the_grammar_is_closed_and_its_shares_sum_to_1() -> None:
    kinds = [kind for kinds in KINDS.values() for kind in kinds]
    slots = {slot for text in GRAMMAR.values() for slot in re.findall(r"\{(\w+)", text)}
    assert slots | {kind.name for kind in kinds} == set(GRAMMAR)  # none missing, none unused
    assert sum(kind.share for kind in kinds) == pytest.approx(len(KINDS))
