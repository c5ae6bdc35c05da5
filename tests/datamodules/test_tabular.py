from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lightning_course.datamodules import BreastCancerDataModule, MooresLawDataModule
from lightning_course.errors import UserError
from lightning_course.sources import read_own_table


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def test_breast_cancer_is_standardised_on_the_training_rows() -> None:
    data = BreastCancerDataModule(seed=0)
    x, y = data.splits["train"]
    assert x.shape == (381, 30)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert data.splits["test"][0].shape == (188, 30)
    assert (data.in_features, data.num_classes) == (30, 2)
    assert data.class_names == ["malignant", "benign"]
    assert data.provenance.kind == "real"
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(30), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std(dim=0, correction=0), torch.ones(30), atol=1e-5, rtol=0)
    # The test rows had no say.
    assert (data.splits["test"][0].mean(dim=0).abs() > 0.01).any()


def test_moores_law_is_centred_and_logarithmic() -> None:
    data = MooresLawDataModule(source="standin", seed=0)
    assert list(data.splits) == ["train"]
    x, y = data.splits["train"]
    assert abs(float(x.mean())) < 1e-4
    years = data.unscaled(x)[:, 0]
    assert 1970 < years.min() < years.max() < 2030
    assert years.std() == pytest.approx(float(x.std(correction=0)), rel=1e-4)
    counts = data.decode(y)
    assert 2_000 < counts.min() < counts.max() < 1e12
    assert data.val_dataloader() == []
    assert (data.feature_names, data.target_name) == (["year"], "transistors")


def test_an_own_table_of_classes(tmp_path: Path) -> None:
    rows = [f"{i},{i % 3},{7},{['low', 'mid', 'high'][i % 3]}" for i in range(30)]
    path = write(tmp_path / "my.csv", "id,x,constant,kind", *rows)
    data = BreastCancerDataModule(csv=path, target="kind", seed=0)
    assert data.num_classes == 3
    assert data.class_names == ["high", "low", "mid"]
    assert data.feature_names == ["id", "x", "constant"]
    assert torch.isfinite(data.splits["train"][0]).all()
    # A constant feature is 0, not divided by 0.
    assert (data.splits["test"][0][:, 2] == 0).all()
    chosen = BreastCancerDataModule(csv=path, target="kind", features=["x"], seed=0)
    assert chosen.in_features == 1


def test_an_own_table_of_values(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "a;b;price", *(f"{i};{i * i};{1000 * i}" for i in range(40)))
    data = MooresLawDataModule(csv=path, target="price", seed=0)
    x, y = data.splits["train"]
    assert list(data.splits) == ["train", "test"]
    assert abs(float(y.mean())) < 1e-5
    assert float(y.std(correction=0)) == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(
        data.decode(y.double()), torch.from_numpy(1000 * data.unscaled(x)[:, 0]), rtol=1e-4, atol=1
    )


def test_missing_values_are_refused_or_filled_with_the_training_mean(tmp_path: Path) -> None:
    rows = [f"{i if i % 5 else '?'},{'yes' if i % 2 else 'no'}" for i in range(40)]
    path = write(tmp_path / "my.csv", "x,answer", *rows)
    with pytest.raises(UserError, match="row 2, column 'x': the value is missing"):
        BreastCancerDataModule(csv=path, target="answer", seed=0).prepare()
    data = BreastCancerDataModule(csv=path, target="answer", missing="mean", seed=0)
    x = torch.cat([inputs for inputs, _ in data.splits.values()])
    assert torch.isfinite(x).all()
    assert int((x == 0).sum()) == 8  # the mean, standardised
    # One new row without a value is filled too.
    table, _ = read_own_table(write(tmp_path / "new.csv", "x", "?"), ["x"])
    assert data.encode(table).tolist() == [[0]]


def test_a_missing_target_cannot_be_filled(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "x,y", "0,NA", "1,2", *(f"{i},{2 * i}" for i in range(9)))
    for missing in ("refuse", "mean"):
        with pytest.raises(UserError, match="row 2, column 'y': the value is missing") as error:
            MooresLawDataModule(csv=path, target="y", missing=missing, seed=0).prepare()
        assert "remove these rows" in str(error.value)
        assert "--data.missing" not in str(error.value)
    path = write(tmp_path / "my.csv", "x,kind", *(f"{i},{'?ab'[i % 3]}" for i in range(30)))
    with pytest.raises(UserError, match=r"row 2, column 'kind': the label is missing, '\?'"):
        BreastCancerDataModule(csv=path, target="kind", missing="mean", seed=0).prepare()


def test_a_column_without_a_value_in_the_training_rows_has_no_mean(tmp_path: Path) -> None:
    refused = 0
    for only in range(9):
        rows = [f"{i},{5 if i == only else ''},{2 * i}" for i in range(9)]
        path = write(tmp_path / "my.csv", "x,z,y", *rows)
        data = MooresLawDataModule(csv=path, target="y", missing="mean", seed=0)
        try:
            assert all(x.isfinite().all() for x, _ in data.splits.values())
        except UserError as error:
            assert "column 'z' has no value in the training rows" in str(error)  # noqa: PT017
            refused += 1
    assert refused == 3  # a third is held out


@pytest.mark.parametrize("cell", ["1e39", "-1e300", "inf", "1e999", "9" * 400])
def test_numbers_that_float32_does_not_have(tmp_path: Path, cell: str) -> None:
    for header in ("x,y", "y,x"):
        path = write(tmp_path / "my.csv", header, *(f"{i},{i}" for i in range(9)), f"1,{cell}")
        with pytest.raises(UserError, match=f"row 11, column '{header[2]}': .* is not finite, or"):
            MooresLawDataModule(csv=path, target="y", seed=0).prepare()


def test_new_values_beyond_all_measure(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "x,y", *(f"{i * 1e-9},{i}" for i in range(9)))
    data = MooresLawDataModule(csv=path, target="y", seed=0)
    data.prepare()
    table, _ = read_own_table(write(tmp_path / "new.csv", "x", "1", "1e38"), ["x"])
    with pytest.raises(UserError, match="new, row 3, column 'x': the value is too far from those"):
        data.encode(table, "new")


def test_booleans_are_numbers_and_names_of_classes(tmp_path: Path) -> None:
    # As pandas.get_dummies writes them.
    rows = [f"{i},{i > 5},{2 * i}" for i in range(20)]
    path = write(tmp_path / "my.csv", "x,old,y", *rows)
    data = MooresLawDataModule(csv=path, target="y", scaling="none", test_fraction=0, seed=0)
    assert data.splits["train"][0][:, 1].tolist() == [float(i > 5) for i in range(20)]
    data = MooresLawDataModule(csv=path, target="old", target_scaling="none", seed=0)
    assert set(data.splits["train"][1].tolist()) == {0, 1}
    classes = BreastCancerDataModule(csv=path, target="old", seed=0)
    classes.prepare()
    assert classes.class_names == ["False", "True"]


def test_decimal_commas_train_and_predict(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "x;y", *(f"{i},5;{2 * i}" for i in range(20)))
    data = MooresLawDataModule(csv=path, target="y", scaling="none", test_fraction=0, seed=0)
    assert data.splits["train"][0][:3, 0].tolist() == [0.5, 1.5, 2.5]
    table, _ = read_own_table(write(tmp_path / "new.csv", "x;z", "7,25;a"), ["x"])
    assert data.encode(table).tolist() == [[7.25]]
    # The table is kept as it is written.
    assert table["x"].tolist() == ["7,25"]


def test_a_column_without_a_name_is_no_feature_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "my.csv", ", x,y,,", *(f"{i},{i % 7},{2 * i},," for i in range(20)))
    data = MooresLawDataModule(csv=path, target="y", seed=0)
    data.prepare()
    assert data.feature_names == ["x"]
    assert "not used as a feature, as it has no name: column 1" in capsys.readouterr().err
    data = MooresLawDataModule(csv=path, target="y", features=["column 1", "x"], seed=0)
    data.prepare()
    assert data.feature_names == ["column 1", "x"]
    assert capsys.readouterr().err == ""


def test_new_rows_that_cannot_be_used(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "x,y", *(f"{i},{i}" for i in range(9)))
    data = MooresLawDataModule(csv=path, target="y", seed=0)
    data.prepare()
    # No advice on how to train.
    for cell, words in (
        ("red", "the model takes numbers only"),
        ("?", "fill it in or remove the row"),
    ):
        table, _ = read_own_table(write(tmp_path / "new.csv", "x", "1", cell), ["x"])
        with pytest.raises(UserError, match=rf"new.csv, row 3, column 'x': .*{words}$"):
            data.encode(table, "new.csv")


def test_the_fitted_state_travels(tmp_path: Path) -> None:
    rows = [f"{i},{i**0.5},{2 * i + 1}" for i in range(40)]
    path = write(tmp_path / "my.csv", "a,b,y", *rows)
    data = MooresLawDataModule(csv=path, target="y", seed=0)
    data.prepare()
    restored = MooresLawDataModule(csv=path, target="y", seed=5)
    restored.load_state_dict(data.state_dict())
    table, _ = read_own_table(write(tmp_path / "new.csv", "b,a", "3,9", "4,16"), ["a", "b"])
    assert torch.equal(restored.encode(table), data.encode(table))
    assert torch.equal(restored.decode(torch.ones(1)), data.decode(torch.ones(1)))
    numbers = pd.DataFrame({"b": [3, 4], "a": [9.0, 16.0]})
    assert torch.equal(data.encode(numbers), data.encode(table))
    # Columns are found by name, not by place.
    np.testing.assert_allclose(data.unscaled(data.encode(table)), [[9, 3], [16, 4]], rtol=1e-5)
    features = {**data.state_dict()["features"], "mean": []}
    with pytest.raises(ValueError, match="not the scale of 2 columns"):
        restored.load_state_dict({**data.state_dict(), "features": features})


def test_a_checkpoint_alone_undoes_the_scaling_of_an_own_table(tmp_path: Path) -> None:
    rows = [f"{i},{2 * i + 1}" for i in range(40)]
    path = write(tmp_path / "my.csv", "a,y", *rows)
    data = MooresLawDataModule(csv=path, target="y", missing="mean", seed=0)
    data.prepare()
    # As `load_from_checkpoint` does: without the arguments, where the logarithm is the default.
    restored = MooresLawDataModule()
    restored.load_state_dict(data.state_dict())
    assert torch.equal(restored.decode(torch.ones(1)), data.decode(torch.ones(1)))
    assert restored.target_name == "y"
    table, _ = read_own_table(write(tmp_path / "new.csv", "a", "?", "7"), ["a"])
    assert torch.equal(restored.encode(table), data.encode(table))
    # In a notebook's table a missing value is no text.
    assert torch.equal(data.encode(pd.DataFrame({"a": [np.nan, 7.0]})), data.encode(table))


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        (["a,y", "1,x", "2,z"], {"target": "why"}, "no column 'why' (did you mean 'y'?)"),
        (["a,y", "red,x", "2,z"], {}, "row 2, column 'a': 'red' is not a number"),
        (["a,y", "1,x", "inf,z"], {}, "row 3, column 'a': 'inf' is not finite"),
        (["a,y", "1,x", ",z"], {}, "row 3, column 'a': the value is missing"),
        (["a,b,y", "1,?,x", "2,?,z"], {"missing": "mean"}, "column 'b' has no value at all"),
        (["a,y", "1,x", "2,x"], {}, "every row has the label 'x'"),
        (["y", "x", "z"], {}, "no column beside the target"),
        (["a,y", "1,x", "2,z"], {"features": ["y"]}, "must not contain the target"),
        (["a,y", "1,x", "2,z"], {"features": ["a", "a"]}, "names a column twice"),
        (["a,y", "1,x", "2,z"], {"features": []}, "no column beside the target"),
        (["a,y", "1,x", "2,z"], {"test_fraction": 0.9}, "2 rows are too few to hold out 90 %"),
        (["a,y", "1,x", "2,z"], {}, "has no training row with this split"),
        (["a,y", "1,x", "2,z"], {"positive_label": "no"}, "it must be one of two labels"),
    ],
)
def test_own_tables_that_cannot_be_used(
    tmp_path: Path, rows: list[str], options: dict[str, object], words: str
) -> None:
    path = write(tmp_path / "my.csv", *rows)
    with pytest.raises(UserError) as error:
        BreastCancerDataModule(csv=path, seed=0, **{"target": "y", **options}).prepare()
    assert words in str(error.value)


def test_values_without_a_logarithm(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "a,y", *(f"{i},{i - 3}" for i in range(9)))
    with pytest.raises(UserError, match=r"values of 0 or less \(-3\)"):
        MooresLawDataModule(csv=path, target="y", target_scaling="log", seed=0).prepare()
    text = write(tmp_path / "text.csv", "a,y", "1,2", "2,cheap")
    with pytest.raises(UserError, match="row 3, column 'y': 'cheap' is not a number"):
        MooresLawDataModule(csv=text, target="y", seed=0).prepare()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"csv": "my.csv"}, "--data.target COLUMN must name the column"),
        ({"scaling": "minmax"}, "scaling must be one of"),
        ({"missing": "drop"}, "missing must be one of"),
        ({"test_fraction": 1}, "test_fraction must be"),
        ({"target_scaling": "log"}, "target_scaling is for values"),
    ],
)
def test_arguments_out_of_range_are_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BreastCancerDataModule(**options)


def test_encoding_before_fitting_is_refused() -> None:
    with pytest.raises(RuntimeError, match="nothing is fitted"):
        BreastCancerDataModule().encode(pd.DataFrame())


def test_the_real_transistors(real_data: Path) -> None:
    data = MooresLawDataModule(root=real_data, source="local", seed=0)
    assert len(data.splits["train"][0]) == 162
    assert data.provenance.kind == "real"
