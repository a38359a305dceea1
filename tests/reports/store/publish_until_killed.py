"""Publish, confirm and prune for ever, and be killed. Arguments: the reports folder, a seed."""

import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> None:
    from conftest import Shop
    from foistats.reports.store import journal, versions
    from foistats.reports.store.files import sha256
    from foistats.reports.store.lock import holding
    from foistats.reports.store.prune import prune
    from foistats.reports.store.staging import sweep

    reports, dice = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
    with holding(reports, "publish_until_killed"):
        sweep(reports)
        os.write(1, b"begun\n")
        while True:
            shop = Shop(reports, dice.choice(["severity", "severity/x-00000000"]))
            versions.heal(reports, shop.series)
            source = dice.randbytes(8)
            files = {f"tables/t{n}.csv": dice.randbytes(2_000) for n in range(dice.randint(1, 12))}
            inputs = {"data": {"data/a": sha256(source)}}
            shop.publish(files, inputs=inputs, objects={sha256(source): source})
            journal.note_run(reports, {"series": shop.series})
            if dice.random() < 0.3:
                prune(reports, ["severity", "severity/x-00000000"], keep=2, reason="a test")


if __name__ == "__main__":
    main()
