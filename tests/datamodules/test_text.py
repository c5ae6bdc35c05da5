from pathlib import Path

import pytest
import torch

from lightning_course.datamodules import SpamDataModule
from lightning_course.errors import UserError
from lightning_course.preprocessing import Tokenizer


@pytest.fixture(scope="module")
def data() -> SpamDataModule:
    data = SpamDataModule(source="standin", seed=0)
    data.prepare()
    return data


def test_shapes_and_types(data: SpamDataModule) -> None:
    tokens, labels = data.splits["train"]
    assert tokens.shape == (3_350, data.maxlen)
    assert tokens.dtype == torch.int32
    assert labels.shape == (3_350,)
    assert labels.dtype == torch.int64
    assert data.splits["test"][0].shape == (1_650, data.maxlen)


def test_the_tokenizer_knows_training_words_only(data: SpamDataModule) -> None:
    words = {word for text in data.row_texts("train") for word in data.tokenizer._words(text)}
    assert set(data.tokenizer.word_index) == words
    assert data.splits["test"][0].max() <= data.vocabulary_size


def test_padding_comes_first_and_the_longest_training_message_has_none(
    data: SpamDataModule,
) -> None:
    tokens = data.splits["train"][0]
    assert (tokens[:, -1] != 0).all()
    assert (tokens[:, 0] != 0).any()


def test_rows_depend_on_the_seed(data: SpamDataModule) -> None:
    again = SpamDataModule(source="standin", seed=0)
    assert torch.equal(again.splits["train"][0], data.splits["train"][0])
    assert again.provenance == data.provenance
    other = SpamDataModule(source="standin", seed=1)
    assert other.row_texts("train") != data.row_texts("train")


def test_a_validation_split_is_carved_from_the_training_rows(data: SpamDataModule) -> None:
    carved = SpamDataModule(source="standin", validation_fraction=0.2, seed=0)
    assert list(carved.splits) == ["train", "validation", "test"]
    assert carved.row_texts("test") == data.row_texts("test")
    parts = carved.row_texts("train") + carved.row_texts("validation")
    assert sorted(parts) == sorted(data.row_texts("train"))
    assert len(carved.row_texts("validation")) == 670
    # Fitted without the held-out rows.
    assert carved.vocabulary_size < data.vocabulary_size
    assert carved.val_dataloader().dataset.split == "validation"


def test_the_fitted_state_travels(data: SpamDataModule) -> None:
    restored = SpamDataModule(source="standin", seed=5)  # other rows, the same vocabulary
    restored.load_state_dict(data.state_dict())
    texts = ["free prize for you", "see you at lunch"]
    assert torch.equal(restored.encode(texts), data.encode(texts))
    assert restored.vocabulary_size == data.vocabulary_size
    restored.prepare()
    assert restored.vocabulary_size == data.vocabulary_size


def test_long_messages_lose_their_first_words() -> None:
    data = SpamDataModule(source="standin", maxlen=2, seed=0)
    data.prepare()
    first, second, third = list(data.tokenizer.word_index)[:3]
    assert data.encode([f"{first} {second} {third}"]).tolist() == [[2, 3]]


def test_encoding_before_fitting_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not fitted"):
        SpamDataModule(source="standin").encode(["hello"])


def own_table(path: Path, **counts: int) -> Path:
    rows = [f"{label} word{i},{label}" for label, n in counts.items() for i in range(n)]
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    return path


def test_own_texts_of_three_classes(tmp_path: Path) -> None:
    data = SpamDataModule(csv=own_table(tmp_path / "my.csv", yes=20, no=10, maybe=10), seed=0)
    assert data.num_classes == 3
    assert list(data.class_names) == ["maybe", "no", "yes"]
    assert data.words == list(data.tokenizer.word_index)
    assert data.provenance.kind == "own"
    for split in ("train", "test"):
        names = [data.class_names[label] for label in data.splits[split][1]]
        assert [text.split()[0] for text in data.row_texts(split)] == names
    restored = SpamDataModule()
    restored.load_state_dict(data.state_dict())
    assert restored.num_classes == 3
    assert torch.equal(restored.encode(["yes word3"]), data.encode(["yes word3"]))


def test_own_texts_that_cannot_be_split(tmp_path: Path) -> None:
    rare = own_table(tmp_path / "rare.csv", yes=20, no=20, maybe=1)
    seeds = range(9)
    with pytest.raises(UserError, match="label 'maybe' has no training row with this split"):
        [SpamDataModule(csv=rare, seed=seed).prepare() for seed in seeds]
    few = own_table(tmp_path / "few.csv", yes=1, no=1)
    with pytest.raises(UserError, match="has no training row"):
        SpamDataModule(csv=few, seed=0).prepare()
    with pytest.raises(UserError, match="2 rows are too few to hold out 90 %"):
        SpamDataModule(csv=few, test_fraction=0.9, seed=0).prepare()


def test_own_texts_without_words_or_with_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.csv"
    path.write_text("text,label\n" + "!!,x\n??,y\n" * 9)
    with pytest.raises(UserError, match="no training text holds a word"):
        SpamDataModule(csv=path, seed=0).prepare()
    monkeypatch.setattr("lightning_course.datamodules.text._MAX_BYTES", 100)
    path = own_table(path, yes=20, no=20)
    with pytest.raises(UserError, match=r"set a smaller --data\.maxlen"):
        SpamDataModule(csv=path, seed=0).prepare()


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("test_fraction", 1.5),
        ("validation_fraction", 1.0),
        ("test_fraction", 0.0),
        ("num_words", 1),
        ("maxlen", 0),
    ],
)
def test_arguments_out_of_range_are_named(argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be"):
        SpamDataModule(**{argument: value})


def test_a_local_source_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*spam\.csv"):
        SpamDataModule(root=tmp_path, source="local").prepare()


def test_the_real_messages(real_data: Path) -> None:
    data = SpamDataModule(root=real_data, source="local", seed=0)
    assert [len(rows[1]) for rows in data.splits.values()] == [3_733, 1_839]
    assert data.provenance.kind == "real"
    assert data.maxlen == 162
    assert sum(int(labels.sum()) for _, labels in data.splits.values()) == 747


def test_a_tokenizer_of_keras_s_takes_the_place_of_a_fitted_one(tmp_path: Path) -> None:
    keras_s = Tokenizer(num_words=3)
    keras_s.fit_on_texts(["free entry now", "free entry", "free"])
    keras_s.save(tmp_path / "tokenizer.json")
    data = SpamDataModule(source="standin", seed=0, tokenizer_file=tmp_path / "tokenizer.json")
    assert data.vocabulary_size == 3
    assert data.words == ["free", "entry", "now"]
    # Its own limit, not the data module's.
    assert data.splits["train"][0].max() == 2
    assert Tokenizer.from_json(data.state_dict()["tokenizer"]).num_words == 3


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "tokenizer.json cannot be read: No such file"),
        ("free entry", "tokenizer.json holds no tokenizer"),
        (Tokenizer().to_json(), "knows no word: it was not fitted"),
    ],
)
def test_a_file_that_is_no_tokenizer(tmp_path: Path, content: str | None, line: str) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=line):
        SpamDataModule(source="standin", seed=0, tokenizer_file=path).prepare()
