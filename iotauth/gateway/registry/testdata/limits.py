"""Says what AWS's own model of the API has for shapes, limits and errors."""
import json
import re
import sys

import botocore.session

model = botocore.session.get_session().get_service_model('iot')
want = json.load(sys.stdin)


def takes(shape, text):
    m = model.shape_for(shape).metadata
    pattern = m.get('pattern', r'[\s\S]*').replace(r'\p{Graph}', r'\x21-\x7e')
    return m.get('min', 0) <= len(text) <= m.get('max', len(text)) and re.fullmatch(pattern, text, re.ASCII) is not None


def limit(name):
    shape, end = name.split('.')
    return model.shape_for(shape).metadata[end]


json.dump({
    'Takes': {s: [takes(s, t) for t in want['texts']] for s in want['shapes']},
    'Limits': {name: limit(name) for name in want['limits']},
    'Statuses': {code: model.shape_for(code).metadata['error']['httpStatusCode'] for code in want['statuses']},
}, sys.stdout)
