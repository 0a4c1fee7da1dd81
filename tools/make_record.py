#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a record: results/NAME from the finished runs of one config, one run a seed.

A run that is missing or unfinished in RUNS/seed_N is made (or gone on with) first; with
--assemble-only it is an error. With --add the seeds of the record that is there stay, and those
given are added. results/README.md says what a record holds."""
import argparse
import dataclasses
import hashlib
import json
import math
import pathlib
import shlex
import shutil
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHEMA = "../../configs/config.schema.json"  # as seen from results/NAME/
FORMS = ("dense", "compressed", "quantized")
LINE_WIDTH = 100
ACCURACY_DIGITS = 12  # a difference of two accuracies is a count of images over their number

# Student's t: 97.5 % quantiles for 1 .. 30 degrees of freedom.
# Source: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
T_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
               2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
               2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)


class RecordError(Exception):
    """What is wrong, for people; `code`: the exit code that goes with it."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


@dataclasses.dataclass
class Run:
    """A finished run of one seed."""
    seed: int
    folder: pathlib.Path
    config: dict  # resolved
    result: dict  # report/result.json

    @property
    def archive(self):
        return self.folder / "compress" / "model.owz"


@dataclasses.dataclass
class Seed:
    """What a record holds of one seed."""
    entry: dict  # of accuracy.seeds
    archive: pathlib.Path


@dataclasses.dataclass
class Record:
    """What goes into results/NAME. `result` and `network` are the first seed's."""
    result: dict
    network: pathlib.Path
    seeds: list


def read_json(path):
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise RecordError(f"{path}: is missing; is the run finished?", 3) from None
    except ValueError as error:
        raise RecordError(f"{path}: {error}", 3) from None


def differences(a, b, pointer=""):
    """JSON pointers of everything that is not the same in `a` and `b`."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = list(a) + [key for key in b if key not in a]
        return [found for key in keys for found in (
            differences(a[key], b[key], f"{pointer}/{key}") if key in a and key in b
            else [f"{pointer}/{key}"])]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [found for i, pair in enumerate(zip(a, b))
                for found in differences(*pair, f"{pointer}/{i}")]
    is_same = a == b and isinstance(a, bool) == isinstance(b, bool)
    return [] if is_same else [pointer]


def value_at(value, pointer):
    """The value at `pointer` as text, for messages."""
    for key in pointer.split("/")[1:]:
        try:
            value = value[int(key) if isinstance(value, list) else key]
        except KeyError:
            return "absent"
    return json.dumps(value)


def require_same(config, reference, name, reference_name):
    """Resolved configs may differ in their seed and in nothing else."""
    found = [pointer for pointer in differences(config, reference) if pointer != "/seed"]
    if found:
        raise RecordError("\n".join(
            f"{pointer} = {value_at(config, pointer)} in {name}, "
            f"{value_at(reference, pointer)} in {reference_name}; runs of a record may differ in "
            "/seed alone" for pointer in found), 2)


def check_artifact(folder):
    """Every file of a stage's folder is the one that its stamp names."""
    for name, expected in read_json(folder / "stamp.json")["files"].items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except FileNotFoundError:
            found = None
        if found != expected:
            raise RecordError(f"{folder / name}: is missing or damaged; run the seed again", 3)


def read_run(folder, seed):
    """The run of `seed` in `folder`, checked to be whole and of one piece."""
    config = read_json(folder / "config.json")
    for section in ("compress", "evaluate"):
        if config.get(section) is None:
            raise RecordError(f"/{section}: is missing; a record needs it ({folder}/config.json)", 2)
    if config["seed"] != seed:
        raise RecordError(f"/seed = {config['seed']} in {folder}/config.json: must be {seed}", 2)
    for stage in ("compress", "evaluate", "report"):
        check_artifact(folder / stage)
    run = Run(seed, folder, config, read_json(folder / "report" / "result.json"))
    for key, path in (("accuracy", "evaluate/accuracy.json"),
                      ("compression", "compress/compression.json")):
        if run.result[key] != read_json(folder / path):
            raise RecordError(f"{folder}/report/result.json: is older than {path}; "
                              "run the seed again", 3)
    if run.result["compression"]["storage"]["file_bytes"] != run.archive.stat().st_size:
        raise RecordError(f"{run.archive}: is not of the size in compression.json", 3)
    return run


def final_form(accuracy):
    return "quantized" if "quantized" in accuracy else "compressed"


def seed_entry(run):
    """What accuracy.seeds says of one seed."""
    accuracy, compression = run.result["accuracy"], run.result["compression"]
    entry = {"seed": run.seed}
    entry.update({form: accuracy[form] for form in FORMS if form in accuracy})
    entry["nonzero_weights"] = compression["nonzero_weights"]
    entry["weight_ratio"] = compression["weight_ratio"]
    entry["file_bytes"] = compression["storage"]["file_bytes"]
    if "validation_loss" in compression:
        entry["validation_loss"] = compression["validation_loss"]
    return entry


def loss_of(entry):
    return round(entry["dense"] - entry[final_form(entry)], ACCURACY_DIGITS)


def interval_95(values):
    """[low, high] of the mean of a sample of 2 .. 31 values, by Student's t."""
    half = (T_QUANTILES[len(values) - 2] * statistics.stdev(values)) / math.sqrt(len(values))
    mean = statistics.mean(values)
    return [mean - half, mean + half]


def mean_of(entries):
    """The object accuracy.mean. Loss: dense less final form, seed by seed."""
    mean = {form: statistics.mean(entry[form] for entry in entries)
            for form in FORMS if all(form in entry for entry in entries)}
    losses = [loss_of(entry) for entry in entries]
    mean["loss"] = statistics.mean(losses)
    if len(losses) > 1:
        mean["loss_std"] = statistics.stdev(losses)
        mean["loss_interval_95"] = interval_95(losses)
    mean["num_seeds"] = len(losses)
    return mean


def record_of(runs):
    return Record(runs[0].result, runs[0].folder / "compress" / "network.json",
                  [Seed(seed_entry(run), run.archive) for run in runs])


def read_record(folder, given):
    """The record in `folder`, which must be one of the config that is given."""
    result = read_json(folder / "result.json")
    entries = result["accuracy"]["seeds"]
    require_same(record_config(given, entries[0]["seed"]), read_json(folder / "config.json"),
                 "the config", f"{folder}/config.json")
    archives = [folder / "model.owz"]
    archives += [folder / "seeds" / f"seed_{entry['seed']}.owz" for entry in entries[1:]]
    return Record(result, folder / "network.json",
                  [Seed(entry, archive) for entry, archive in zip(entries, archives)])


def add_runs(record, runs):
    """More seeds at the end of a record, made with the same threads and libraries."""
    for run in runs:
        if run.seed in [seed.entry["seed"] for seed in record.seeds]:
            raise RecordError(f"--seeds {run.seed}: is in the record already", 2)
        for key in ("threads", "libraries"):
            was, now = (result["provenance"][key] for result in (record.result, run.result))
            if was != now:
                raise RecordError(f"seed {run.seed}: {key} = {json.dumps(now)}, those of the record "
                                  f"were made with {json.dumps(was)}", 2)
        record.seeds.append(Seed(seed_entry(run), run.archive))


def record_result(record):
    """result.json of a record: the first seed's, with all seeds in it."""
    entries = [seed.entry for seed in record.seeds]
    accuracy = {**record.result["accuracy"], "seeds": entries, "mean": mean_of(entries)}
    return {**record.result, "accuracy": accuracy}


def file_references(value, pointer=""):
    """Pointers of sections that stand in another file, {"file": "x.json"}."""
    if isinstance(value, dict) and list(value) == ["file"]:
        return [pointer]
    if isinstance(value, dict):
        return [found for key in value for found in file_references(value[key], f"{pointer}/{key}")]
    return []


def record_config(given, seed):
    """The config as given, with the first seed and the schema's place in it."""
    for pointer in file_references(given):
        raise RecordError(f"{pointer}: stands in another file; write the section into the config", 2)
    config = {"$schema": SCHEMA, "name": given.get("name", "run"), "seed": seed}
    config.update({key: value for key, value in given.items() if key not in config})
    return config


def pretty(value, indent=0):
    """JSON text with everything on one line that fits on one."""
    line = json.dumps(value, ensure_ascii=False)
    is_short = indent > 0 and indent + len(line) <= LINE_WIDTH
    if is_short or not value or not isinstance(value, (dict, list)):
        return line
    if isinstance(value, dict):
        ends = "{}"
        parts = [f"{json.dumps(key)}: {pretty(part, indent + 2)}" for key, part in value.items()]
    else:
        ends = "[]"
        parts = [pretty(part, indent + 2) for part in value]
    inner = "\n" + " " * (indent + 2)
    return ends[0] + inner + f",{inner}".join(parts) + "\n" + " " * indent + ends[1]


def percent(fraction, digits=3):
    return f"{100 * fraction:.{digits}f} %"


def seed_table(entries, mean):
    final = final_form(entries[0])
    lines = ["| seed | dense | decoded | loss | non-zero weights | ratio | file bytes |",
             "|---|---|---|---|---|---|---|"]
    for entry in entries:
        lines.append(f"| {entry['seed']} | {percent(entry['dense'], 2)} | {percent(entry[final], 2)} | "
                     f"{percent(loss_of(entry), 2)} | {entry['nonzero_weights']:,} | "
                     f"{entry['weight_ratio']:.1f} | {entry['file_bytes']:,} |")
    if len(entries) > 1:
        average = {key: statistics.mean(entry[key] for entry in entries)
                   for key in ("nonzero_weights", "weight_ratio", "file_bytes")}
        lines.append(f"| mean | {percent(mean['dense'])} | {percent(mean[final])} | "
                     f"{percent(mean['loss'])} | {average['nonzero_weights']:,.1f} | "
                     f"{average['weight_ratio']:.1f} | {average['file_bytes']:,.1f} |")
    return "\n".join(lines)


def spread_text(mean):
    if mean["num_seeds"] == 1:
        return "One seed: nothing is said about the spread."
    low, high = mean["loss_interval_95"]
    return (f"Loss, seed by seed: mean {percent(mean['loss'])}, sample standard deviation "
            f"{percent(mean['loss_std'])},\n95 % interval of the mean {percent(low)} .. {percent(high)} "
            f"(Student's t, {mean['num_seeds']} seeds).")


def storage_line(result):
    """The first seed's file by the four storage rules."""
    storage = result["compression"]["storage"]
    return (f"Storage (seed {result['provenance']['seed']}), dense float32 over: the weights' codes alone (R1) "
            f"{storage['weights_only_ratio']:,.0f}x, with relative indices (R2) "
            f"{storage['relative_index_ratio']:,.0f}x, with the entropy of the indices (R3) "
            f"{storage['entropy_index_ratio']:,.0f}x, the whole file (R4) {storage['file_ratio']:,.0f}x.")


def chip_lines(result):
    """What the first seed's chips do, for the records that have them."""
    lines = []
    chips = result["accuracy"].get("on_chip")
    if chips:
        spread = "" if chips["std"] is None else f", standard deviation {percent(chips['std'])}"
        lines.append(f"Simulated chips (seed {result['provenance']['seed']}): {chips['num_chips']}, "
                     f"{chips['num_images']:,} images each: mean {percent(chips['mean'])}{spread}.")
    view = result.get("reduction", {}).get("views", {}).get("whole_chip")
    if view:
        changes = ", ".join(f"{key} {-100 * view[key + '_fraction']:+.1f} %"
                            for key in ("area", "power", "energy"))
        lines.append(f"The whole chip against the dense network's: {changes}.")
    return lines


def claim_section(name, claim, result):
    accuracy = result["accuracy"]
    entries = accuracy["seeds"]
    lines = [f"# {name}", ""]
    if claim:
        lines += [claim, ""]
    lines += [seed_table(entries, accuracy["mean"]), "",
              "Accuracies are top-1 on the whole test split, of the saved files in float32; decoded is the network",
              "in the `.owz` file, loss is dense less decoded. Ratio: dense weights over non-zero weights, biases not counted.",
              f"`model.owz` is seed {entries[0]['seed']}"
              + ("; `seeds/` holds the other seeds." if len(entries) > 1 else "."),
              spread_text(accuracy["mean"]),
              storage_line(result)]
    return lines + chip_lines(result)


def choice_section(note):
    lines = ["", "## How it was chosen", "",
            "The test images chose nothing: choices follow the loss on training images (where the config",
            "says `judge: training`) or on the validation images, which are held out of training. The test",
            "split was read at the end of each of these runs, by the `evaluate` stage."]
    return lines + ([note] if note else [])


def commands_section(name, result, config):
    provenance = result["provenance"]
    seeds = [entry["seed"] for entry in result["accuracy"]["seeds"]]
    export = []
    if "OHMWEAVE_DATA" in str(config.get("data", {}).get("path", "")):
        export = ["export OHMWEAVE_DATA=/path/that/holds/mnist"]
    runs = [f"build/release/bin/ohmweave run results/{name}/config.json --threads {provenance['threads']} "
            f"--set /seed={seed} --out runs/records/{name}/seed_{seed}" for seed in seeds]
    assemble = (f"tools/make_record.py {name} --config results/{name}/config.json "
                f"--seeds {','.join(map(str, seeds))} --threads {provenance['threads']} --assemble-only")
    libraries = ", ".join(f"{library} {version}" for library, version in provenance["libraries"].items())
    return ["", "## Check", "", "```", *export, "ctest --test-dir build/release -L record", "```", "",
            "evaluates the files here again and counts their weights and bytes.",
            "", "## Make again", "", "```", *export, *runs, assemble, "```", "",
            f"Seeds {', '.join(map(str, seeds))}; threads {provenance['threads']}; "
            f"ohmweave {provenance['ohmweave_version']}; {libraries}.",
            "The same seed, threads and libraries give the same bytes; others round differently."]


def reproduce_text(name, result, config, claim, note):
    """REPRODUCE.md."""
    lines = claim_section(name, claim, result) + choice_section(note)
    lines += commands_section(name, result, config)
    return "\n".join(lines) + "\n"


def write_record(folder, record, given, claim, note=""):
    """Fills <folder>.partial, then puts it in the place of `folder`."""
    result = record_result(record)
    config = record_config(given, record.seeds[0].entry["seed"])
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    (partial / "config.json").write_text(pretty(config) + "\n")
    (partial / "result.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (partial / "REPRODUCE.md").write_text(reproduce_text(folder.name, result, config, claim, note))
    shutil.copyfile(record.seeds[0].archive, partial / "model.owz")
    # The chip check needs the activation ranges, which .owz does not hold.
    shutil.copyfile(record.network, partial / "network.json")
    for seed in record.seeds[1:]:
        (partial / "seeds").mkdir(exist_ok=True)
        shutil.copyfile(seed.archive, partial / "seeds" / f"seed_{seed.entry['seed']}.owz")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def make_run(command):
    """Runs the program; Ctrl-C is the program's to answer (it saves and stops)."""
    print(shlex.join(command), file=sys.stderr, flush=True)
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call(command, stdout=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, previous)
    if code != 0:
        raise RecordError(f"{shlex.join(command)}: ended with exit code {code}", code if code > 0 else 1)


def resolved_config(program, config, seed, threads):
    """What the program makes of the config."""
    command = [program, "check", str(config), "--set", f"/seed={seed}", "--threads", str(threads)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise RecordError(f"{config}: {outcome.stderr.strip()}", outcome.returncode)
    return json.loads(outcome.stdout)


def collect(arguments, given):
    """All runs, each checked against the config and against the first."""
    runs = []
    for seed in arguments.seeds:
        folder = arguments.runs / f"seed_{seed}"
        if not arguments.assemble_only:
            threads = ["--threads", str(arguments.threads)] if arguments.threads else []
            make_run([arguments.program, "run", str(arguments.config), "--out", str(folder),
                      "--set", f"/seed={seed}", *threads])
        run = read_run(folder, seed)
        if runs:
            require_same(run.config, runs[0].config, f"seed {seed}", f"seed {runs[0].seed}")
        threads = arguments.threads or given.get("threads") or run.config["threads"]
        expected = resolved_config(arguments.program, arguments.config, seed, threads)
        require_same(run.config, expected, f"{folder}/config.json", str(arguments.config))
        runs.append(run)
    return runs


def seed_list(text):
    seeds = [int(part) for part in text.split(",")]
    if len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise argparse.ArgumentTypeError("must be different non-negative integers, as 1,2,3")
    if len(seeds) > len(T_QUANTILES) + 1:
        raise argparse.ArgumentTypeError(f"at most {len(T_QUANTILES) + 1} seeds")
    return seeds


def parse_arguments(words):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help="name of the record, its folder in --out")
    parser.add_argument("--config", type=pathlib.Path, required=True, help="the config of all seeds")
    parser.add_argument("--seeds", type=seed_list, required=True,
                        help="e.g. 1,2,3; the first gives model.owz and result.json")
    parser.add_argument("--runs", type=pathlib.Path, help="holds seed_N/ (default: runs/records/NAME)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results", help="(default: results)")
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/ohmweave"),
                        help="the front end (default: build/release/bin/ohmweave)")
    parser.add_argument("--threads", type=int, help="threads of the runs, in place of the config's")
    parser.add_argument("--claim", default="", help="what the record shows, the first lines of REPRODUCE.md")
    parser.add_argument("--note", default="",
                        help="added to how it was chosen: earlier readings of the test split, for one")
    parser.add_argument("--add", action="store_true", help="keep the record's seeds, add those given")
    parser.add_argument("--assemble-only", action="store_true", help="all runs must be finished; run nothing")
    arguments = parser.parse_args(words)
    arguments.runs = arguments.runs or ROOT / "runs" / "records" / arguments.name
    return arguments


def main(words=None):
    arguments = parse_arguments(words)
    try:
        if not pathlib.Path(arguments.program).exists():
            raise RecordError(f"{arguments.program}: there is no such program; build it or give --program")
        given = read_json(arguments.config)
        record_config(given, arguments.seeds[0])  # before any time is spent
        folder = arguments.out / arguments.name
        record = read_record(folder, given) if arguments.add else None
        runs = collect(arguments, given)
        if record is None:
            record = record_of(runs)
        else:
            add_runs(record, runs)
        write_record(folder, record, given, arguments.claim, arguments.note)
    except RecordError as error:
        print(f"make_record: {error}", file=sys.stderr)
        return error.code
    print(arguments.out / arguments.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
