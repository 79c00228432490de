"""Measured delays and rates, from small texts of our own; the real matrix where it is."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from topology import Link, Measured, TopologyError, measured_pairs, overridden

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data")) / "skyplane-intercloud"

RTT = """src,dst,src_tier,dst_tier,min_rtt_ms,avg_rtt_ms
aws:a,gcp:b,STANDARD,PREMIUM,1,900
aws:a,gcp:b,PREMIUM,PREMIUM,9,10
aws:a,gcp:b,PREMIUM,STANDARD,1,700
gcp:b,aws:a,PREMIUM,PREMIUM,9,12
aws:a,az:c,STANDARD,STANDARD,1,30
aws:a,aws:a,PREMIUM,PREMIUM,1,1
"""


def test_one_way_is_half_of_the_round_trip_over_the_best_tier():
    assert measured_pairs(RTT).delay_ms == {
        ("aws-a", "gcp-b"): 5,
        ("gcp-b", "aws-a"): 6,
        ("aws-a", "az-c"): 15,
    }


def test_each_direction_has_its_own_and_lends_it_to_the_other():
    matrix = measured_pairs(RTT)
    assert matrix.delay_between("gcp-b", "aws-a") == 6
    assert matrix.delay_between("az-c", "aws-a") == 15
    assert matrix.delay_between("az-c", "gcp-b") is None
    assert matrix.rate_between("aws-a", "gcp-b") is None
    assert matrix.places() == ("aws-a", "az-c", "gcp-b")


def test_rows_of_one_tier_are_averaged():
    assert measured_pairs("src,dst,received_gbps\na,b,4\na,b,6\n").gbit_s == {("a", "b"): 5}


def test_a_plain_matrix_has_both():
    matrix = measured_pairs("src,dst,delay_ms,gbit_s\na,b,4,6\n")
    assert (matrix.delay_ms, matrix.gbit_s) == ({("a", "b"): 4}, {("a", "b"): 6})


def test_what_is_measured_counts_more_than_the_link():
    links = (Link(a="x", b="y", delay_ms=1, capacity_gbit_s=10, share=0.5), Link(a="y", b="z"))
    matrix = Measured({("y", "x"): 7.0}).beside(Measured(gbit_s={("x", "y"): 4.5}))
    assert overridden(links, matrix) == (
        Link(a="x", b="y", delay_ms=7, capacity_gbit_s=4.5, share=0.5),
        links[1],
    )


def test_of_two_matrices_the_later_counts():
    both = Measured({("a", "b"): 1.0, ("a", "c"): 2.0}).beside(Measured({("a", "b"): 3.0}))
    assert both.delay_ms == {("a", "b"): 3, ("a", "c"): 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns src, dst and one of delay_ms, avg_rtt_ms"),
        ("src,dst\na,b\n", "expected the columns src, dst"),
        ("from,dst,rtt_ms\na,b,1\n", "expected the columns src, dst"),
        (
            "src,dst,rtt_ms\na,b,1\na,b,x\n",
            "line 3: rtt_ms: expected a number above 0; got 'x'",
        ),
        ("src,dst,rtt_ms\na,b\n", "line 2: rtt_ms: expected a number above 0; got ''"),
        ("src,dst,rtt_ms\na,b,-1\n", "got '-1'"),
        ("src,dst,rtt_ms\na,b,nan\n", "got 'nan'"),
        ("src,dst,rtt_ms\n" + "a" * 200_000, "not a matrix as CSV: field larger"),
    ],
)
def test_a_matrix_that_is_none_is_refused(text, message):
    with pytest.raises(TopologyError, match=message):
        measured_pairs(text)


@pytest.mark.skipif(not DATA.is_dir(), reason="no public data here")
def test_the_delays_between_clouds_equal_the_matrix():
    with gzip.open(DATA / "rtt_ms.csv.gz", "rt", encoding="utf-8", newline="") as file:
        text = file.read()
    matrix = measured_pairs(text)
    rows = [row for row in csv.DictReader(text.splitlines()) if row["src"] != row["dst"]]
    best = [row for row in rows if row["src_tier"] == row["dst_tier"] == "PREMIUM"]
    for row in best:
        a, b = (row[end].replace(":", "-") for end in ("src", "dst"))
        assert matrix.delay_between(a, b) == float(row["avg_rtt_ms"]) / 2
    assert len(matrix.places()) == 69
    assert matrix.delay_between("aws-ap-east-1", "azure-eastasia") == 2.486 / 2


@pytest.mark.skipif(not DATA.is_dir(), reason="no public data here")
def test_the_rates_between_clouds_are_read():
    with gzip.open(DATA / "throughput_gbps.csv.gz", "rt", encoding="utf-8", newline="") as file:
        text = file.read()
    matrix = measured_pairs(text)
    assert 0 < min(matrix.gbit_s.values()) < max(matrix.gbit_s.values()) < 30
    ends = "azure:germanywestcentral", "aws:eu-west-2"
    rows = [
        row for row in csv.DictReader(text.splitlines()) if (row["src"], row["dst"]) == ends
    ]
    mean = sum(float(row["received_gbps"]) for row in rows) / len(rows)
    assert matrix.rate_between("azure-germanywestcentral", "aws-eu-west-2") == mean
