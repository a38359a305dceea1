"""Validate a crate at REQUIRED for both profiles, the JSON-LD context served from a file.

Run by test_crate.py in a process of its own: ``validate_crate.py FOLDER CONTEXT``. Prints the
issues as JSON, one list. Any other request fails, and so does any connection.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

PROFILES = ("ro-crate-1.1", "process-run-crate-0.5")


def refuse(*given: object, **more: object) -> None:
    raise OSError(f"this test has no network: {given[1:]}")


def main(folder: str, context: str) -> None:
    import requests
    from rocrate_validator import models, services
    from rocrate_validator.utils.http import HttpRequester

    content = Path(context).read_bytes()
    address = json.loads(content)["@id"]

    def get(self: HttpRequester, url: str, **more: object) -> requests.Response:
        if url != address:
            raise requests.ConnectionError(f"this test does not serve {url}")
        answer = requests.Response()
        answer.status_code = 200
        answer.url = url
        answer.headers["Content-Type"] = "application/ld+json"
        answer._content = content
        return answer

    HttpRequester.get = get
    socket.socket.connect = refuse
    issues = [
        {
            "profile": profile,
            "check": issue.check.identifier,
            "entity": str(issue.violatingEntity),
            "message": issue.message,
        }
        for profile in PROFILES
        for issue in services.validate(
            services.ValidationSettings(
                rocrate_uri=folder,
                profile_identifier=profile,
                requirement_severity=models.Severity.REQUIRED,
            )
        ).get_issues()
    ]
    sys.stdout.write(json.dumps(issues))


if __name__ == "__main__":
    main(*sys.argv[1:])
