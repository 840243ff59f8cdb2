"""What others think of the documents: a folder of them is judged, one line for each."""
import json
import sys
from pathlib import Path

import sectxt
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

folder = Path(sys.argv[1])
failed = False


def tell(name, errors):
    global failed
    failed |= bool(errors)
    print(name, "sound" if not errors else errors)


parser = sectxt.Parser((folder / "security.txt").read_bytes())
tell("security.txt", parser.errors)

error = JsonStrictValidator(SchemaVersion.V1_5).validate_str((folder / "bom.cdx.json").read_text())
tell("bom.cdx.json", [str(error)] if error else [])

document = parse_file(str(folder / "bom.spdx.json"))
tell("bom.spdx.json", [m.validation_message for m in validate_full_spdx_document(document)])

sys.exit(failed)
