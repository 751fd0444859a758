"""Files of a compiled model: read back whole, refused when damaged, nothing executed; and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.compiler import compile_program, load_model, measure_margins, save_model
from transformer_programs.compiler.sampling import some_inputs
from transformer_programs.errors import OutputError, ProgramError
from transformer_programs.program import Emit, Program, dumps

from .library import LIBRARY, SIZED


@pytest.mark.parametrize("program", LIBRARY, ids=[program.name for program in LIBRARY])
def test_round_trip(program: Program, tmp_path: Path) -> None:
    model = compile_program(program)
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert again.config == model.config
    assert again.residual == model.residual
    for name, array in model.weights.arrays().items():
        assert (again.weights.arrays()[name] == array).all()


def test_any_token_survives(tmp_path: Path) -> None:
    vocabulary = ("", " ", "\ud800", "é", '"', "\n")
    model = compile_program(Program(name="p", vocabulary=vocabulary, max_length=6, output=Emit("tokens")))
    save_model(model, tmp_path)
    assert load_model(tmp_path)(vocabulary) == list(vocabulary)


def test_nothing_is_overwritten_without_being_asked(tmp_path: Path) -> None:
    model = compile_program(SIZED[0])
    save_model(model, tmp_path)
    with pytest.raises(OutputError, match="--force"):
        save_model(model, tmp_path)
    save_model(model, tmp_path, force=True)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "residual.json"])
def test_damage_is_reported(name: str, tmp_path: Path) -> None:
    save_model(compile_program(SIZED[0]), tmp_path)
    whole = (tmp_path / name).read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"[]", b'{"format": 1}', b"\x80\x04N."):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(ProgramError, match="compiled"):
            load_model(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ProgramError):
        load_model(tmp_path)


def test_files_of_two_models_do_not_mix(tmp_path: Path) -> None:
    save_model(compile_program(SIZED[0]), tmp_path / "a")
    save_model(compile_program(SIZED[1]), tmp_path / "b")
    (tmp_path / "a" / "model.safetensors").write_bytes((tmp_path / "b" / "model.safetensors").read_bytes())
    with pytest.raises(ProgramError, match="do not fit"):
        load_model(tmp_path / "a")


def test_margins() -> None:
    model = compile_program(SIZED[0])
    told: list[tuple[int, int]] = []
    margins = measure_margins(model, some_inputs("abcd", 4, 400), lambda done, total: told.append((done, total)))
    assert told == [(128, 340), (256, 340), (340, 340)]
    assert margins.attention == 100.0
    assert margins.float32 == margins.bfloat16 == margins.inputs == 340
    assert margins.answer == pytest.approx(0.5)


def test_low_precision_is_found_out() -> None:
    model = compile_program(next(program for program in SIZED if program.name == "sort"))
    margins = measure_margins(model, some_inputs("1234", 4, 400))
    assert margins.float32 == margins.inputs
    assert margins.bfloat16 < margins.inputs
    assert margins.table_bits > 8


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hist.json"
    file.write_text(dumps(SIZED[0]))
    out = tmp_path / "out"
    assert main(["compile", str(file), "--out", str(out), "--json", "--check", "100"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["differences"] == 0
    assert report["compared"] == 100
    assert report["sizes"]["layers"] == 1
    assert load_model(out)(["a", "b", "a"]) == [2, 1, 2]
    assert main(["compile", str(file), "--out", str(out)]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["compile", str(file), "--out", str(out), "--force", "--compress"]) == 0
    text = capsys.readouterr().out
    assert "0 differences" in text
    assert "residual width 5" in text


def test_the_command_on_rasp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shift.rasp"
    file.write_text('before = shift(tokens, 1, "-");\nlast = load_from_location(tokens, length - 1);\n')
    common = ["compile", str(file), "--vocabulary", "ab", "--max-length", "4"]
    assert main([*common, "--name", "before", "--out", str(tmp_path / "before")]) == 0
    assert load_model(tmp_path / "before")("abb") == ["-", "a", "b"]
    assert main([*common, "--out", str(tmp_path / "last")]) == 0
    assert load_model(tmp_path / "last")("aab") == ["b", "b", "b"]
    file.write_text('worth = {"a": 1, "b": -2};\nanswer = worth[tokens];\n')
    assert main([*common, "--out", str(tmp_path / "worth")]) == 0
    assert load_model(tmp_path / "worth")("ab") == [1, -2]
    file.write_text('answer = tokens == "yes";\n')
    words = ["--vocabulary", "yes no", "--max-length", "3"]
    assert main(["compile", str(file), *words, "--out", str(tmp_path / "words")]) == 0
    assert load_model(tmp_path / "words")(["no", "yes"]) == [False, True]
    capsys.readouterr()
    assert main(["compile", str(file), "--max-length", "4"]) == 2
    assert "--vocabulary" in capsys.readouterr().err


def test_the_command_on_rasp_l(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(Path(__file__).parents[2] / "examples" / "raspl" / "copy.rasp")
    flags = ["--rasp-l", "--vocabulary", "-1 -2 0 1", "--max-length", "5", "--out", str(tmp_path)]
    assert main(["compile", file, *flags]) == 0
    model = load_model(tmp_path)
    assert model.config.causal
    assert model(["-1", "1", "0", "-1"])[-1] == 1
    assert model(["-1", "1", "0", "-1", "1"])[-1] == 0
    assert main(["compile", str(tmp_path / "x.json"), "--rasp-l"]) == 2
    assert "--rasp-l" in capsys.readouterr().err
