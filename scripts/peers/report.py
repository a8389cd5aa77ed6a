"""The comparison as a table, and as a picture."""


def duration(seconds):
    return f"{1000 * seconds:.2f} ms" if seconds < 0.2 else f"{seconds:.3f} s"


def table(result):
    """Markdown: a row a work, each peer's median, the ratio of the best peer's to Kilat's."""
    peers = sorted({name for work in result["works"] for name in work["peers"]})
    lines = ["| work | " + " | ".join(["Kilat", *peers]) + " | best peer ÷ Kilat |",
             "| --- |" + " ---: |" * (len(peers) + 2)]
    for work in result["works"]:
        cells = [duration(work["kilat"]["median"])]
        for name in peers:
            peer = work["peers"].get(name, {})
            cells.append(duration(peer["median"]) if "median" in peer else "—")
        lines.append(f"| {work['work']} | " + " | ".join(cells) + f" | {work['ratio']:.1f} |")
    return "\n".join(lines)


def plot(result, path):
    """Bars: how many times as long as Kilat each peer takes."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "kilat"
    from matplotlib import pyplot
    names = sorted({name for work in result["works"] for name in work["peers"]})
    works = result["works"]
    figure, axes = pyplot.subplots(figsize=(10, 0.9 * len(works) + 1.6))
    height = 0.8 / (len(names) + 1)
    for i, name in enumerate(["Kilat", *names]):
        ratios = [1 if i == 0 else work["peers"].get(name, {}).get("median", 0) /
                  work["kilat"]["median"] for work in works]
        places = [w + i * height for w in range(len(works))]
        bars = axes.barh(places, ratios, height, label=name, color=f"C{i}")
        axes.bar_label(bars, [f"{ratio:.1f}" if ratio else "" for ratio in ratios], fontsize=7,
                       padding=2)
    axes.set_yticks([w + 0.4 for w in range(len(works))], [work["work"] for work in works])
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.set_xlabel(f"time of an epoch or full-batch iteration, Kilat = 1 (less is better)\n"
                    f"{result['machine']['text']}")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
