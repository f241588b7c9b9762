"""Writes test/fixtures/statistics.json: random cases with what scikit-learn and SciPy say of them.

Run once, after `pip install scikit-learn==1.9.1 scipy==1.17.1`.
"""

import json

import numpy as np
from scipy import optimize, stats
from scipy.special import expit, log_expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, precision_recall_fscore_support

random = np.random.default_rng(20261126)


def sets():
    size = int(random.integers(1, 6))
    rows = [(random.random(6) < 0.3, random.random(6) < 0.3) for _ in range(size)]
    given = np.array([row[0] for row in rows], dtype=int)
    expected = np.array([row[1] for row in rows], dtype=int)
    scores = []
    for one, other in zip(given, expected):
        both_empty = one.sum() + other.sum() == 0
        score = precision_recall_fscore_support(
            [other], [one], average="samples", zero_division=1.0 if both_empty else 0.0
        )
        scores.append([float(value) for value in score[:3]])
    return {"given": given.tolist(), "expected": expected.tolist(), "scores": scores}


def proportions():
    total = int(random.integers(1, 200))
    hits = int(random.choice([0, total, random.integers(0, total + 1)]))
    interval = stats.binomtest(hits, total).proportion_ci(method="wilson")
    risk = float(random.choice([0.01, 0.05, 0.1]))
    upper = 1.0 if hits == total else float(stats.beta.ppf(1 - risk, hits + 1, total - hits))
    left, right = int(random.integers(0, 40)), int(random.integers(0, 40))
    p = 1.0 if left + right == 0 else stats.binomtest(left, left + right, 0.5).pvalue
    return {
        "hits": hits, "total": total, "wilson": [float(interval.low), float(interval.high)],
        "risk": risk, "upper": upper, "discordant": [left, right], "mcnemar": float(p),
    }


def resampling():
    size = int(random.integers(2, 11))
    values = np.round(random.random(size), 3)
    picks = random.integers(0, size, (40, size))
    means = values[picks].mean(axis=1)
    differences = np.round(random.normal(0.1, 0.3, size), 3)
    exact = stats.permutation_test(
        (differences, np.zeros(size)), lambda left, right, axis: np.abs(np.mean(left - right, axis=axis)),
        permutation_type="samples", alternative="greater", n_resamples=np.inf, vectorized=True,
    )
    return {
        "values": values.tolist(), "picks": picks.tolist(),
        "interval": np.quantile(means, [0.025, 0.975]).tolist(),
        "differences": differences.tolist(), "p": float(exact.pvalue),
    }


def platt(scores, right):
    rights = right.sum()
    wrongs = len(right) - rights
    targets = np.where(right == 1, (rights + 1) / (rights + 2), 1 / (wrongs + 2))

    def gradient(parameters):
        errors = expit(parameters[0] * scores + parameters[1]) - targets
        return np.array([np.sum(errors * scores), np.sum(errors)])

    def hessian(parameters):
        probabilities = expit(parameters[0] * scores + parameters[1])
        weights = probabilities * (1 - probabilities)
        mixed = np.sum(weights * scores)
        return np.array([[np.sum(weights * scores**2), mixed], [mixed, np.sum(weights)]])

    def loss(parameters):
        values = parameters[0] * scores + parameters[1]
        return -np.sum(targets * log_expit(values) + (1 - targets) * log_expit(-values))

    start = optimize.minimize(loss, [0.0, 0.0], jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9})
    exact = optimize.root(gradient, start.x, jac=hessian, tol=1e-15).x
    theirs = _SigmoidCalibration().fit(scores, right)
    assert np.allclose(theirs.predict(scores), expit(exact[0] * scores + exact[1]), atol=2e-3), (theirs.a_, exact)
    return exact


def calibration():
    size = int(random.integers(3, 30))
    scores = np.round(random.random(size), int(random.choice([1, 4])))
    right = (random.random(size) < scores).astype(int)
    if len(set(scores)) < 2:
        return calibration()
    order = np.argsort(scores, kind="stable")
    bins = int(random.choice([5, 10]))
    error = sum(
        len(part) * abs(scores[part].mean() - right[part].mean()) for part in np.array_split(order, bins) if len(part)
    ) / size
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, right)
    asked = np.round(np.concatenate([scores[:5], random.uniform(-0.2, 1.2, 5)]), 6)
    parameters = platt(scores, right)
    brier = float(np.mean((scores - right) ** 2)) if len(set(right)) < 2 else float(brier_score_loss(right, scores))
    return {
        "scores": scores.tolist(), "right": right.tolist(), "brier": brier, "bins": bins, "ece": float(error),
        "asked": asked.tolist(), "isotonic": isotonic.predict(asked).tolist(),
        "platt": expit(parameters[0] * asked + parameters[1]).tolist(),
    }


cases = {part.__name__: [part() for _ in range(250)] for part in (sets, proportions, resampling, calibration)}
with open("test/fixtures/statistics.json", "w", encoding="utf8") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
