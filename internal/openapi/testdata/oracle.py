"""Answers by Python's jsonschema: a JSON list of booleans on standard output."""

import json
import sys

import jsonschema
from jsonschema.validators import Draft202012Validator

with open(sys.argv[1]) as file:
    asked = json.load(file)

# The contract's references are into the document that holds its schemas.
base = dict(asked["document"])
answers = []
for question in asked["questions"]:
    schema = question["schema"]
    if "$ref" in schema:
        schema = dict(base, **schema)
    validator = Draft202012Validator(schema, format_checker=None)
    answers.append(validator.is_valid(json.loads(question["value"])))
json.dump(answers, sys.stdout)
