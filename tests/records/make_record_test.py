#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/make_record.py: its statistics, its comparison of configs, and a record from made-up runs."""
import contextlib
import copy
import hashlib
import io
import json
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
import make_record  # noqa: E402

CONFIG = {"name": "small", "seed": 1, "threads": 1,
          "data": {"kind": "mnist", "path": "${OHMWEAVE_DATA}/mnist"}, "model": {"kind": "lenet5"},
          "train": {"epochs": 2, "l2": 5e-05}, "compress": {"steps": [{"retrain": {"epochs": 3}}]},
          "evaluate": {"num_chips": 2, "num_images": 1000}}


def t_distribution_up_to(x, degrees):
    """P(T <= x) by Simpson's rule on the density."""
    density_at_0 = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps = 20000
    sum_ = 0.0
    for i in range(steps + 1):
        factor = 1 if i in (0, steps) else 4 if i % 2 else 2
        sum_ += factor * (1 + (i * x / steps) ** 2 / degrees) ** (-(degrees + 1) / 2)
    return 0.5 + density_at_0 * sum_ * x / steps / 3


def entry(seed, dense, compressed, quantized=None):
    result = {"seed": seed, "dense": dense, "compressed": compressed}
    return result if quantized is None else {**result, "quantized": quantized}


class Statistics(unittest.TestCase):
    def test_quantiles_are_those_of_the_distribution(self):
        self.assertEqual(len(make_record.T_QUANTILES), 30)
        for degrees, quantile in enumerate(make_record.T_QUANTILES, 1):
            half_a_digit = 0.00051
            self.assertLess(t_distribution_up_to(quantile - half_a_digit, degrees), 0.975)
            self.assertGreater(t_distribution_up_to(quantile + half_a_digit, degrees), 0.975)

    def test_interval_of_three_values_by_hand(self):
        # mean 2, sample standard deviation 1, t(2) = 4.303: 2 -+ 4.303 / sqrt(3).
        low, high = make_record.interval_95([1.0, 2.0, 3.0])

        self.assertAlmostEqual(low, 2 - 2.484338, places=6)
        self.assertAlmostEqual(high, 2 + 2.484338, places=6)

    def test_loss_is_taken_seed_by_seed_to_the_final_form(self):
        mean = make_record.mean_of([entry(1, 0.99, 0.98, 0.97), entry(2, 0.98, 0.99, 0.98)])

        self.assertEqual(list(mean), ["dense", "compressed", "quantized", "loss", "loss_std",
                                      "loss_interval_95", "num_seeds"])
        self.assertAlmostEqual(mean["loss"], 0.01, places=12)
        self.assertAlmostEqual(mean["loss_std"], 0.02 / math.sqrt(2), places=12)
        self.assertAlmostEqual(mean["loss_interval_95"][1], 0.01 + 12.706 * 0.01, places=12)

    def test_without_a_quantized_form_the_compressed_one_is_final(self):
        mean = make_record.mean_of([entry(1, 0.99, 0.98), entry(2, 0.99, 0.97)])

        self.assertNotIn("quantized", mean)
        self.assertAlmostEqual(mean["loss"], 0.015, places=12)

    def test_equal_seeds_have_an_interval_of_no_width(self):
        mean = make_record.mean_of([entry(seed, 0.9921, 0.9907) for seed in range(5)])

        self.assertEqual((mean["dense"], mean["loss"], mean["loss_std"]), (0.9921, 0.0014, 0.0))
        self.assertEqual(mean["loss_interval_95"], [0.0014, 0.0014])

    def test_one_seed_says_nothing_of_the_spread(self):
        mean = make_record.mean_of([entry(1, 0.99, 0.98)])

        self.assertEqual(mean, {"dense": 0.99, "compressed": 0.98, "loss": 0.01, "num_seeds": 1})


class Comparison(unittest.TestCase):
    def setUp(self):
        self.other = copy.deepcopy(CONFIG)

    def problem(self):
        with self.assertRaises(make_record.RecordError) as caught:
            make_record.require_same(self.other, CONFIG, "seed 2", "seed 1")
        return str(caught.exception)

    def test_another_seed_is_allowed(self):
        self.other["seed"] = 2
        make_record.require_same(self.other, CONFIG, "seed 2", "seed 1")

    def test_another_value_is_named_by_its_pointer(self):
        self.other["compress"]["steps"][0]["retrain"]["epochs"] = 4
        self.assertIn("/compress/steps/0/retrain/epochs = 4 in seed 2, 3 in seed 1", self.problem())

    def test_a_missing_and_an_added_key_are_named(self):
        del self.other["train"]["l2"]
        self.other["chip"] = {}
        problem = self.problem()
        self.assertIn("/train/l2 = absent in seed 2, 5e-05 in seed 1", problem)
        self.assertIn("/chip = {} in seed 2, absent in seed 1", problem)

    def test_a_list_of_another_length_and_a_number_for_a_boolean_are_differences(self):
        self.assertEqual(make_record.differences({"a": [1]}, {"a": [1, 2]}), ["/a"])
        self.assertEqual(make_record.differences({"a": True}, {"a": 1}), ["/a"])
        self.assertEqual(make_record.differences({"a": 1.0, "b": [{}]}, {"b": [{}], "a": 1}), [])

    def test_a_section_in_another_file_is_refused(self):
        self.other["device"] = {"file": "device.json"}
        with self.assertRaisesRegex(make_record.RecordError, "^/device: stands in another file"):
            make_record.record_config(self.other, 1)


class Record(unittest.TestCase):
    """Runs that a stand-in for the program has finished."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write("config.json", json.dumps(CONFIG))
        # `check CONFIG --set /seed=N --threads T` prints the config with that seed.
        program = self.folder / "program"
        self.write("program", f"""#!{sys.executable}
import json, sys
config = json.load(open(sys.argv[2]))
config.pop("$schema", None)
config["seed"] = int(sys.argv[4].split("=")[1])
print(json.dumps(config))
""")
        program.chmod(0o755)
        for seed, final in ((4, 0.98), (7, 0.97)):
            self.make_run(seed, final)

    def write(self, path, text):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make_run(self, seed, final):
        run = f"runs/seed_{seed}"
        archive = f"archive of {seed}"
        accuracy = {"dense": 0.99, "compressed": final, "quantized": final,
                    "on_chip": {"mean": 0.9, "std": 0.01, "num_chips": 2, "num_images": 1000, "chips": [0.9, 0.9]},
                    "seeds": [{"seed": seed}]}
        compression = {"nonzero_weights": 1000 + seed, "weight_ratio": 430.5,
                       "storage": {"file_bytes": len(archive), "weights_only_ratio": 4028.07,
                                   "relative_index_ratio": 917.0, "entropy_index_ratio": 1092.3,
                                   "file_ratio": 1463.04}}
        provenance = {"ohmweave_version": "0.1.0", "seed": seed, "threads": 1, "libraries": {"torch": "1.13.0"}}
        self.write(f"{run}/config.json", json.dumps({**CONFIG, "seed": seed}))
        self.write(f"{run}/compress/model.owz", archive)
        self.write(f"{run}/compress/network.json", "{}")
        self.write(f"{run}/compress/compression.json", json.dumps(compression))
        self.write(f"{run}/evaluate/accuracy.json", json.dumps(accuracy))
        self.write(f"{run}/report/result.json", json.dumps(
            {"provenance": provenance, "accuracy": accuracy, "compression": compression}))
        for stage in ("compress", "evaluate", "report"):
            files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                     for path in sorted((self.folder / run / stage).iterdir())}
            self.write(f"{run}/{stage}/stamp.json", json.dumps({"stamp": "", "files": files}))

    def make(self, seeds="4,7"):
        words = ["small", "--config", str(self.folder / "config.json"), "--seeds", seeds, "--assemble-only",
                 "--runs", str(self.folder / "runs"), "--out", str(self.folder / "results"),
                 "--program", str(self.folder / "program")]
        arguments = make_record.parse_arguments(words)
        given = make_record.read_json(arguments.config)
        runs = make_record.collect(arguments, given)
        make_record.write_record(arguments.out / "small", make_record.record_of(runs), given, "A claim.")
        return arguments.out / "small"

    def add(self, seeds):
        words = ["small", "--config", str(self.folder / "config.json"), "--seeds", seeds, "--assemble-only",
                 "--add", "--runs", str(self.folder / "runs"), "--out", str(self.folder / "results"),
                 "--program", str(self.folder / "program"), "--claim", "A claim."]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
            return make_record.main(words), errors.getvalue()

    def test_holds_the_files_of_all_seeds(self):
        record = self.make()

        self.assertEqual(sorted(path.name for path in record.iterdir()),
                         ["REPRODUCE.md", "config.json", "model.owz", "network.json", "result.json", "seeds"])
        self.assertEqual((record / "model.owz").read_text(), "archive of 4")
        self.assertEqual((record / "seeds/seed_7.owz").read_text(), "archive of 7")

    def test_result_lists_all_seeds_and_keeps_the_rest(self):
        result = json.loads((self.make() / "result.json").read_text())

        self.assertEqual(result["accuracy"]["seeds"][1],
                         {"seed": 7, "dense": 0.99, "compressed": 0.97, "quantized": 0.97,
                          "nonzero_weights": 1007, "weight_ratio": 430.5, "file_bytes": 12})
        self.assertEqual(result["accuracy"]["mean"]["loss"], 0.015)
        self.assertEqual(result["accuracy"]["quantized"], 0.98)
        self.assertEqual(result["compression"]["nonzero_weights"], 1004)

    def test_config_is_the_one_given_with_the_first_seed(self):
        config = json.loads((self.make() / "config.json").read_text())

        self.assertEqual(config.pop("$schema"), "../../configs/config.schema.json")
        self.assertEqual(config, {**CONFIG, "seed": 4})

    def test_a_second_time_from_its_own_config_gives_the_same_bytes(self):
        record = self.make()
        before = {path: path.read_bytes() for path in record.rglob("*") if path.is_file()}
        (self.folder / "config.json").write_bytes((record / "config.json").read_bytes())

        self.make()

        self.assertEqual({path: path.read_bytes() for path in record.rglob("*") if path.is_file()}, before)

    def test_says_how_to_make_it_again(self):
        text = (self.make() / "REPRODUCE.md").read_text()

        self.assertIn("A claim.", text)
        self.assertIn("| 7 | 99.00 % | 97.00 % | 2.00 % | 1,007 | 430.5 | 12 |", text)
        self.assertIn("run results/small/config.json --threads 1 --set /seed=7 --out runs/records/small/seed_7", text)
        self.assertIn("ctest --test-dir build/release -L record", text)
        self.assertIn("(R1) 4,028x, with relative indices (R2) 917x", text)
        self.assertIn("(R3) 1,092x, the whole file (R4) 1,463x", text)

    def test_seeds_added_later_give_the_record_of_all_at_once(self):
        whole = {path.name: path.read_bytes() for path in self.make("4,7").rglob("*") if path.is_file()}
        record = self.make("4")
        shutil.rmtree(self.folder / "runs" / "seed_4")

        self.assertEqual(self.add("7"), (0, ""))

        self.assertEqual({path.name: path.read_bytes() for path in record.rglob("*") if path.is_file()}, whole)

    def test_refuses_to_add_a_seed_twice_or_one_of_another_config(self):
        record = self.make("4")
        code, text = self.add("4")
        self.assertEqual(code, 2)
        self.assertIn("--seeds 4: is in the record already", text)
        config = json.loads((record / "config.json").read_text())
        (record / "config.json").write_text(json.dumps({**config, "name": "other"}))
        code, text = self.add("7")
        self.assertEqual(code, 2)
        self.assertIn("/name", text)

    def test_refuses_a_damaged_file(self):
        self.write("runs/seed_7/compress/model.owz", "ARCHIVE of 7")
        with self.assertRaisesRegex(make_record.RecordError, "model.owz: is missing or damaged"):
            self.make()

    def test_refuses_runs_of_another_config(self):
        self.write("config.json", json.dumps({**CONFIG, "train": {"epochs": 5, "l2": 5e-05}}))
        with self.assertRaisesRegex(make_record.RecordError, "/train/epochs = 2 in .*, 5 in .*config.json"):
            self.make()

    def test_refuses_a_run_that_is_not_there(self):
        with self.assertRaisesRegex(make_record.RecordError, "seed_9/config.json: is missing"):
            self.make("4,9")

    def test_refuses_a_result_older_than_its_accuracy(self):
        path = "runs/seed_4/evaluate/accuracy.json"
        self.write(path, json.dumps({"dense": 0.5}))
        digest = hashlib.sha256((self.folder / path).read_bytes()).hexdigest()
        self.write("runs/seed_4/evaluate/stamp.json", json.dumps({"files": {"accuracy.json": digest}}))
        with self.assertRaisesRegex(make_record.RecordError, "result.json: is older than evaluate/accuracy.json"):
            self.make()


if __name__ == "__main__":
    unittest.main()
