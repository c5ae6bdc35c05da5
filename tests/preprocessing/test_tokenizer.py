import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.preprocessing import Tokenizer, text_to_word_sequence

COURSE = ["I like eggs and ham.", "I love chocolate and bunnies.", "I hate onions."]

# What Keras 3.15.1 writes for Tokenizer(num_words=4, oov_token="<OOV>") fitted on KERAS_TEXTS.
KERAS_TEXTS = ["I like ham.", "I hate ham, ham!", "Ça va?"]
KERAS_JSON = (
    r'{"class_name": "Tokenizer", "config": {"num_words": 4, '
    r'"filters": "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", "lower": true, "split": " ", '
    r'"char_level": false, "oov_token": "<OOV>", "document_count": 3, '
    r'"word_counts": "{\"i\": 2, \"like\": 1, \"ham\": 3, \"hate\": 1, \"\\u00e7a\": 1, '
    r'\"va\": 1}", "word_docs": "{\"like\": 1, \"ham\": 2, \"i\": 2, \"hate\": 1, '
    r'\"va\": 1, \"\\u00e7a\": 1}", "index_docs": "{\"4\": 1, \"2\": 2, \"3\": 2, '
    r'\"5\": 1, \"7\": 1, \"6\": 1}", "index_word": "{\"1\": \"<OOV>\", \"2\": \"ham\", '
    r'\"3\": \"i\", \"4\": \"like\", \"5\": \"hate\", \"6\": \"\\u00e7a\", \"7\": \"va\"}", '
    r'"word_index": "{\"<OOV>\": 1, \"ham\": 2, \"i\": 3, \"like\": 4, \"hate\": 5, '
    r'\"\\u00e7a\": 6, \"va\": 7}"}}'
)


def fitted(texts: list[Any], **settings: Any) -> Tokenizer:
    tokenizer = Tokenizer(**settings)
    tokenizer.fit_on_texts(texts)
    return tokenizer


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("I like eggs and ham.", {}, ["i", "like", "eggs", "and", "ham"]),
        ("I don't,\tdo\nyou?", {}, ["i", "don't", "do", "you"]),
        ("Ham  AND eggs", {"lower": False}, ["Ham", "AND", "eggs"]),
        ("a.b c", {"filters": ""}, ["a.b", "c"]),
        ("a-b, c", {"split": ", "}, ["a", "b", " c"]),
        ("a\rb c", {}, ["a\rb", "c"]),  # neither is a filter, and only `split` splits
        ("", {}, []),
        (" ?! ", {}, []),
    ],
)
def test_text_to_word_sequence(text: str, options: dict[str, Any], words: list[str]) -> None:
    assert text_to_word_sequence(text, **options) == words


def test_course_sentences() -> None:
    tokenizer = fitted(COURSE)
    assert tokenizer.word_index == {
        "i": 1, "and": 2, "like": 3, "eggs": 4, "ham": 5,
        "love": 6, "chocolate": 7, "bunnies": 8, "hate": 9, "onions": 10,
    }  # fmt: skip
    assert tokenizer.index_word[2] == "and"
    assert tokenizer.word_counts["i"] == 3
    assert tokenizer.word_docs["and"] == tokenizer.index_docs[2] == 2
    assert tokenizer.document_count == 3
    sequences = [[1, 3, 4, 2, 5], [1, 6, 7, 2, 8], [1, 9, 10]]
    assert tokenizer.texts_to_sequences(COURSE) == sequences
    assert list(tokenizer.texts_to_sequences_generator(COURSE)) == sequences
    assert tokenizer.texts_to_sequences(["I like tea", "", "tea"]) == [[1, 3], [], []]
    assert tokenizer.sequences_to_texts(sequences) == [
        "i like eggs and ham",
        "i love chocolate and bunnies",
        "i hate onions",
    ]
    assert tokenizer.sequences_to_texts([[0, 0, 1, 9, 99]]) == ["i hate"]


def test_num_words_leaves_out_rare_words() -> None:
    tokenizer = fitted(COURSE, num_words=4)
    assert len(tokenizer.word_index) == 10
    assert tokenizer.texts_to_sequences(COURSE) == [[1, 3, 2], [1, 2], [1]]
    assert tokenizer.sequences_to_texts([[1, 4, 3]]) == ["i like"]


def test_oov_token_stands_for_rare_and_unknown_words() -> None:
    tokenizer = fitted(COURSE, num_words=4, oov_token="<OOV>")
    assert list(tokenizer.word_index)[:4] == ["<OOV>", "i", "and", "like"]
    assert tokenizer.word_index["<OOV>"] == 1
    assert tokenizer.texts_to_sequences(["I like tea and ham"]) == [[2, 1, 1, 3, 1]]
    assert tokenizer.sequences_to_texts([[0, 2, 9, 99]]) == ["<OOV> i <OOV> <OOV>"]


def test_oov_token_among_the_words_is_numbered_as_a_word() -> None:
    tokenizer = fitted(["b b oov"], oov_token="oov")
    assert tokenizer.word_index == {"oov": 3, "b": 2}
    assert tokenizer.index_word == {2: "b", 3: "oov"}
    assert tokenizer.texts_to_sequences(["tea b"]) == [[3, 2]]


def test_lists_are_taken_as_words() -> None:
    tokenizer = fitted([["New York", "IS"], "is big"])
    assert tokenizer.word_index == {"is": 1, "new york": 2, "big": 3}
    assert tokenizer.texts_to_sequences([["BIG", "new york", "new"]]) == [[3, 2]]
    assert fitted([["A", "a"]], lower=False).word_index == {"A": 1, "a": 2}


def test_characters_are_not_filtered() -> None:
    tokenizer = fitted(["Aa b.", ["B"]], char_level=True)
    assert tokenizer.word_index == {"a": 1, "b": 2, " ": 3, ".": 4}
    assert tokenizer.texts_to_sequences(["b.c"]) == [[2, 4]]
    assert fitted(["Aa"], char_level=True, lower=False).word_index == {"A": 1, "a": 2}


def test_fitting_again_adds_counts() -> None:
    tokenizer = fitted(["a b"])
    tokenizer.fit_on_texts(["c b", "c c d"])
    assert list(tokenizer.word_counts.items()) == [("a", 1), ("b", 2), ("c", 3), ("d", 1)]
    assert tokenizer.word_index == {"c": 1, "b": 2, "a": 3, "d": 4}
    assert tokenizer.index_docs == {1: 2, 2: 2, 3: 1, 4: 1}
    assert tokenizer.document_count == 3


def test_reads_what_keras_wrote() -> None:
    tokenizer = Tokenizer.from_json(KERAS_JSON)
    assert tokenizer.to_json() == KERAS_JSON
    assert tokenizer.texts_to_sequences(["I like ham"]) == [[3, 1, 2]]
    tokenizer.fit_on_texts(["va va va"])
    assert tokenizer.word_index["va"] == 2


def test_writes_what_keras_reads() -> None:
    written = json.loads(fitted(KERAS_TEXTS, num_words=4, oov_token="<OOV>").to_json())
    expected = json.loads(KERAS_JSON)
    # The order of these two tables is that of a set in Keras, another one in every process.
    for name in ("word_docs", "index_docs"):
        assert json.loads(written["config"].pop(name)) == json.loads(expected["config"].pop(name))
    assert written == expected


def test_save_and_load(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("old")
    tokenizer = fitted(KERAS_TEXTS)
    tokenizer.save(path)
    assert Tokenizer.load(str(path)).to_json() == tokenizer.to_json()
    assert list(tmp_path.iterdir()) == [path]


def test_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        Tokenizer().save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def changed(**config: Any) -> str:
    document = json.loads(KERAS_JSON)
    document["config"].update(config)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the tokenizer is not JSON"),
        (KERAS_JSON[:-1], "the tokenizer is not JSON"),
        ("[" * 100_000, "the tokenizer is not JSON"),
        ("[]", "the tokenizer is not a JSON object"),
        ("{}", "expected JSON"),
        ('{"class_name": "Tokenizer", "config": []}', "expected JSON"),
        (KERAS_JSON.replace("Tokenizer", "Dense"), "expected JSON"),
        ('{"class_name": "Tokenizer", "config": {}}', "keys missing or unknown: .*'word_index'"),
        (changed(analyzer=None), r"keys missing or unknown: \['analyzer'\]"),
        (changed(num_words="4"), "'num_words' has the wrong type, str"),
        (changed(split=None), "'split' has the wrong type, NoneType"),
        (changed(word_index={"i": 1}), "'word_index' is not a string of JSON"),
        (changed(word_index="{"), "'word_index' is not JSON"),
        (changed(word_index="[1]"), "'word_index' is not a JSON object"),
        (changed(word_index='{"i": 1.5}'), "'word_index' must map to int only"),
        (changed(index_word='{"1": 2}'), "'index_word' must map to str only"),
        (changed(index_word='{"one": "i"}'), "'index_word' must map from integers"),
    ],
)
def test_bad_json(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Tokenizer.from_json(text)
    assert "\n" not in str(caught.value)
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"bad.json holds no tokenizer: .*{message}"):
        Tokenizer.load(path)


def test_load_of_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"bad\.json cannot be read: it is not UTF-8 text"):
        Tokenizer.load(path)
    with pytest.raises(UserError, match="No such file"):
        Tokenizer.load(tmp_path / "none.json")


@pytest.mark.parametrize("text", [None, float("nan"), 7, ("a", "b"), b"a"])
def test_bad_texts(text: Any) -> None:
    with pytest.raises(TypeError, match="must be a string or a list of strings"):
        Tokenizer().fit_on_texts([text])
    with pytest.raises(TypeError, match="must be a string or a list of strings"):
        Tokenizer().texts_to_sequences([text])


def test_not_fitted() -> None:
    assert Tokenizer().texts_to_sequences(["a b"]) == [[]]
    with pytest.raises(ValueError, match="call fit_on_texts first"):
        Tokenizer(oov_token="<OOV>").texts_to_sequences(["a b"])


def test_empty_split() -> None:
    with pytest.raises(ValueError, match="empty separator"):
        text_to_word_sequence("a b", split="")


# Few letters make frequent ties; "İ" becomes two characters in lower case, "Σ" one of two.
texts = st.lists(st.text("abAB ,.'İΣ", max_size=20) | st.text(max_size=10), max_size=8)
tokenizers = st.builds(
    fitted,
    texts,
    num_words=st.none() | st.integers(0, 6),
    lower=st.booleans(),
    char_level=st.booleans(),
    oov_token=st.sampled_from([None, "<OOV>", "a"]),
)


@given(tokenizers, texts)
def test_json_round_trip(tokenizer: Tokenizer, others: list[str]) -> None:
    copy = Tokenizer.from_json(tokenizer.to_json())
    assert vars(copy) == vars(tokenizer)
    assert list(copy.word_counts) == list(tokenizer.word_counts)
    for each in (tokenizer, copy):
        each.fit_on_texts(others)
    assert vars(copy) == vars(tokenizer)


@given(texts)
def test_counts_and_order_equal_a_plain_count(documents: list[str]) -> None:
    tokenizer = fitted(documents)
    sentences = [text_to_word_sequence(document) for document in documents]
    words = [word for sentence in sentences for word in sentence]
    assert tokenizer.word_counts == Counter(words)
    assert tokenizer.word_docs == Counter(word for each in sentences for word in set(each))
    order = sorted(set(words), key=lambda word: (-words.count(word), words.index(word)))
    assert tokenizer.word_index == {word: i + 1 for i, word in enumerate(order)}


@given(texts)
def test_sequences_to_texts_is_the_inverse(documents: list[str]) -> None:
    tokenizer = fitted(documents)
    sequences = tokenizer.texts_to_sequences(documents)
    expected = [" ".join(text_to_word_sequence(document)) for document in documents]
    assert tokenizer.sequences_to_texts(sequences) == expected


@given(tokenizers, texts)
def test_ids_are_within_range(tokenizer: Tokenizer, others: list[str]) -> None:
    oov = tokenizer.word_index.get(tokenizer.oov_token or "")
    limit = tokenizer.num_words or len(tokenizer.word_index) + 2
    for index in (i for ids in tokenizer.texts_to_sequences(others) for i in ids):
        assert 1 <= index < limit or index == oov
        assert index in tokenizer.index_word
