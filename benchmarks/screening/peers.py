"""logic-v1 and logic-v2 on given queries and candidates. For an interpreter with nomenklatura; no exeat."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from followthemoney import model
from nomenklatura.matching import LogicV1, LogicV2

try:
    from followthemoney import EntityProxy as Proxy
except ImportError:
    from followthemoney.proxy import EntityProxy as Proxy


def entity(name: str, schema: str) -> Proxy:
    """One party with one name."""
    made = model.make_entity(schema)
    made.id = name[:80] or "x"
    made.add("name", name)
    return made


def main() -> None:
    """Score each query against its candidates; the threshold is yente's, 0.70."""
    tasks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for title, matcher in (("logic-v1", LogicV1), ("logic-v2", LogicV2)):
        config = matcher.default_config()
        found: dict[str, list[float]] = defaultdict(list)
        start = perf_counter()
        for task in tasks:
            query = entity(task["query"], "LegalEntity")
            best = 0.0
            for candidate, name in task["pool"].items():
                if task["name"] and name != task["name"]:
                    # Scored all the same, for the time it takes.
                    matcher.compare(query, entity(candidate, "LegalEntity"), config)
                    continue
                best = max(best, matcher.compare(query, entity(candidate, "LegalEntity"), config).score)
            found[task["class"]].append(best if best >= 0.70 else 0.0)
        seconds = perf_counter() - start
        print(
            f"\n## nomenklatura {title} at 0.70 "
            f"({len(tasks) / seconds:,.0f} names/s on one process, candidates given)\n"
        )
        print("| class | queries | found | rate |\n|---|---|---|---|")
        for kind, scores in found.items():
            hits = sum(score > 0 for score in scores)
            print(f"| {kind} | {len(scores)} | {hits} | {hits / len(scores):.1%} |")


if __name__ == "__main__":
    main()
