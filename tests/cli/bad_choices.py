"""Paths and choices that cannot be: arguments, and words of the message that each must give."""

from tests.cli.commands import ROLES, fit

LONG = "x" * 300

OUT = [
    (".", ["."]), ("sub", ["sub"]), ("pipe", ["pipe"]), ("good.csv/x", ["cannot be written"]), (LONG, ["too long"]),
    ("a/" + LONG, ["too long"]), ("no\0pe", ["NUL"]), ("", ["is empty"]), ("   ", ["is empty"]),
    ("~nouser", ["no such user"]),
    ("~nouser/x", ["no such user"]), ("/dev/null", ["/dev/null"]), ("/proc/x", ["/proc"]), ("/proc/self/x", ["/proc"]),
    ("/dev/full", ["/dev/full"]), ("good.csv/\x1b", ["cannot be written"]), ("a/" * 2500, ["too long"]),
]  # fmt: skip

SAMPLE = ["sample", "{run}", "-n", "50", "--out", "a.csv"]
SWEEP = ["sweep", "{run}", "--lambdas", "0", "--seeds", "1", "--classifiers", "mlp", "-n", "100", "--out", "a.csv"]
EVALUATE = ["evaluate", "good.csv", "--csv", "good.csv", *ROLES, "--target", "West"]
TRIAL = [
    "trial",
    "--dataset",
    "simulated",
    "--target",
    "East",
    "--method",
    "fadm",
    "--setting",
    '{{"control": "dp", "lambda_z": 0.1}}',
]
FRONTIER = ["frontier", "--dataset", "simulated", "--quick"]
TABLE1 = ["table1", "--dataset", "simulated", "--quick"]
PRETRAIN = ["pretrain", "--dataset", "simulated", "--quick", "--out", "store"]
RUNNERS = (SWEEP, FRONTIER, TABLE1, PRETRAIN)
NUMBERS = ("nan", "inf", "-1", "1e99", "x", "1.5", "", "9" * 400)
CHOICES = [
    *((fit("good.csv", "--seed", v), []) for v in (*NUMBERS, str(2**64))),
    *((fit("good.csv", "--iterations", v), []) for v in ("0", "1e9", *NUMBERS)),
    *(([*SAMPLE, "-n", v], []) for v in ("0", "5e9", *NUMBERS)),
    *(([*SAMPLE, "--seed", v], []) for v in (*NUMBERS, str(2**64))),
    *(([*SAMPLE, "--steps", v], []) for v in ("0", "1e9", *NUMBERS)),
    *(([*SAMPLE, "--lambda-z", v], []) for v in ("nan", "inf", "-1", "x", "")),
    *(([*SAMPLE, "--lambda-y", v], []) for v in ("nan", "inf", "-1", "x", "")),
    *(([*SWEEP, "-n", v], []) for v in ("0", *NUMBERS)),
    *(([*SWEEP, "--seeds", v], []) for v in ("0", *NUMBERS)),
    *(([*SWEEP, "--jobs", v], []) for v in ("0", "65", *NUMBERS)),
    *(([*SWEEP, "--lambdas", v], []) for v in ("a,b", "0,,1", ",", "0;1", "nan", "0,inf", "", " ", "0 1", "null")),
    *(([*SWEEP, "--classifiers", v], []) for v in ("mlp,,mlp", "mlp, ", ",", "mlp,mlp", "MLP", "", "x,mlp", "\0")),
    *(([*EVALUATE, "--seed", v], []) for v in (*NUMBERS, str(2**32))),
    *(([*TRIAL, "--seed", v], []) for v in (*NUMBERS, str(2**32))),
    *(([*TRIAL, "--steps", v], []) for v in ("0", *NUMBERS)),
    *(([*TRIAL, "-n", v], []) for v in ("0", "99", *NUMBERS)),
    *(([*TRIAL, "--setting", v], ["--setting"]) for v in ("", "{{", "[]", "1", "x", "[" * 100_000, "\0")),
    *(([*TRIAL, "--setting", v], ["lambda_z"])
      for v in ('{{"lambda_z": NaN}}', '{{"lambda_z": "x"}}', '{{"lambda_z": -1}}', '{{"lambda_z": true}}',
                '{{"lambda_z": null}}', '{{"lambda_z": [1]}}', '{{"lambda_z": 1e999}}', '{{"lambda": 1}}')),
    *(([*TRIAL, "--setting", v], ["control"])
      for v in ('{{"control": "wat"}}', '{{"control": 1}}', '{{"control": ["dp"]}}', '{{"control": null}}')),
    *(([c, *rest, "--backend", "dask"], ["--backend dask needs --scheduler", "tcp://"]) for c, *rest in RUNNERS),
    *(([c, *rest, "--backend", "dask", "--scheduler", v], ["--scheduler"])
      for c, *rest in RUNNERS for v in ("", " ", "\0")),
    *(([c, *rest, "--scheduler", "tcp://127.0.0.1:8786"], ["--scheduler goes with --backend dask"])
      for c, *rest in RUNNERS),
    *(([c, *rest, "--backend", v, "--scheduler", "tcp://127.0.0.1:8786"], ["--backend"])
      for c, *rest in RUNNERS for v in ("", "Dask", "cloud", "loky", "x" * 5000)),
    *(([c, *rest, "--seeds", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN) for v in ("0", "-1", "101", "x", "")),
    *(([c, *rest, "--jobs", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN) for v in ("0", "-1", "65", "x", "")),
    *(([*FRONTIER, "--methods", v], []) for v in ("vae,,gan", "vae, ", ",", "", "VAE", "vae,vae", "wat", "\0")),
    *(([*FRONTIER, "--classifiers", v], []) for v in ("mlp,,mlp", " ", "wat", "mlp,mlp", "gradient boosting")),
    *(([c, *rest, "--dataset", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN, TRIAL) for v in ("wat", "", "\0")),
    *((fit("good.csv", "--features", v), ["--features"]) for v in ("", " ", ",", "age,,job", "age,age", "age, ")),
    (fit("good.csv", "--features", "age,paid"), ["'paid' has more than one role"]),
    (fit("good.csv", "--features", "age,town"), ["'town' has more than one role"]),
    (fit("good.csv", "--features", "age,shoe"), ["'shoe' is missing"]),
    (fit("good.csv", "--features", "Age"), ["'Age' is missing"]),
    (fit("good.csv", "--features", "x" * 5000), ["is missing"]),
    *((fit("good.csv", f"--{role}", v), [w]) for role in ("label", "sensitive", "domain")
      for v, w in (("shoe", "'shoe' is missing"), ("", "is empty"), ("no\0pe", "NUL"), ("x" * 5000, "missing"))),
    (fit("good.csv", "--label", "sex"), ["'sex' has more than one role"]),
    (fit("good.csv", "--sensitive", "town"), ["'town' has more than one role"]),
    (fit("good.csv", "--domain", "paid"), ["'paid' has more than one role"]),
    (fit("good.csv", "--favourable", ""), ["--favourable is empty"]),
    (fit("good.csv", "--favourable", "YES"), ["'YES' does not occur"]),
    (fit("good.csv", "--target", ""), ["--target is empty"]),
    (fit("good.csv", "--target", "west"), ["no domain 'west'"]),
    (fit("good.csv", "--target", "x" * 5000), ["no domain"]),
    (fit("good.csv", "--meta", ""), ["--meta"]),
    (fit("good.csv", "--dataset", "simulated"), ["--dataset does not go with --csv"]),
    (fit("good.csv", "--bias", "1"), ["--bias does not go with --csv"]),
    (["fit", "--dataset", "simulated", "--label", "x", "--target", "East", "--out", "run"], ["--label goes with"]),
    (["fit", "--dataset", "simulated", "--features", "x", "--target", "East", "--out", "run"], ["--features goes"]),
    (["fit", "--csv", "", "--target", "East", "--out", "run"], ["--csv is empty"]),
    (["fit", "--dataset", "", "--target", "East", "--out", "run"], ["--dataset is empty"]),
    (["fit", "--dataset", "x" * 5000, "--target", "East", "--out", "run"], ["No data set"]),
    (["fit", "--dataset", "../../etc", "--target", "East", "--out", "run"], ["No data set"]),
    *((["fit", "--dataset", "simulated", f"--{k}", v, "--target", "East", "--out", "run"], [k])
      for k in ("bias", "proxy", "shift") for v in ("nan", "inf", "-1", "9", "x", "")),
    *(([*SAMPLE, "--control", v], []) for v in ("", "DP", "wat", "\0")),
    *(([*SAMPLE, "--solver", v], []) for v in ("", "heun", "x" * 5000)),
    (["sample", "", "--out", "a.csv"], ["RUN is empty"]),
    (["sample", "no\0pe", "--out", "a.csv"], ["NUL"]),
    (["sample", LONG, "--out", "a.csv"], ["too long"]),
    (["sample", "good.csv", "--out", "a.csv"], ["good.csv"]),
    (["sample", "--dataset", "", "--target", "East", "--out", "a.csv"], ["--dataset is empty"]),
    (["sample", "--dataset", "simulated", "--target", "", "--out", "a.csv"], ["--target is empty"]),
    (["sweep", "--dataset", "simulated", "--target", ""], ["--target is empty"]),
    (["sweep", ""], ["RUN is empty"]),
    *(([*EVALUATE, "--classifier", v], []) for v in ("", "MLP", "wat", "x" * 5000)),
    *(([*EVALUATE, "--target", v], []) for v in ("", "all", "west", "\0")),
    *(([*TRIAL, "--target", v], []) for v in ("", "all", "east", "wat")),
    *(([*TRIAL, "--method", v], []) for v in ("", "FADM", "wat", "x" * 5000)),
    *(([*TRIAL, "--classifier", v], []) for v in ("", "MLP", "wat")),
    *(([*TRIAL, "--without", v], []) for v in (" ", "East", "wat", "all")),
    (["datasets", "--download", ""], ["--download is empty"]),
    (["datasets", "--download", "x" * 5000], ["No data set"]),
    (["wat"], ["wat"]), ([""], []), (["fit"], ["--target"]), (["fit", "--wat"], []), ([*SAMPLE, "extra"], ["extra"]),
    ([*SAMPLE, "--wat\nwat"], ["wat"]),
    *(([*SAMPLE, f"--{o}=--"], [f"--{o} is '--'"]) for o in ("seed", "out", "control", "lambda-z", "steps")),
]  # fmt: skip
