"""Checks raw answers against the output shapes of AWS's own model of the API."""
import json
import re

import botocore.session

MODEL = botocore.session.get_session().get_service_model('iot')


def check(operation, body, headers):
    """Raises AssertionError where an answer is not of the shape of an operation."""
    shape = MODEL.operation_model(operation).output_shape
    assert headers.get('x-amzn-RequestId'), f'{operation}: no request id'
    if shape is None:
        assert body == b'', f'{operation}: a body {body!r}, the model has none'
        return
    value(shape, json.loads(body), operation)


def value(shape, v, path):
    kind = shape.type_name
    if kind == 'structure':
        structure(shape, v, path)
    elif kind == 'list':
        assert isinstance(v, list), f'{path}: {v!r} is no list'
        bounds(shape, len(v), path)
        for i, member in enumerate(v):
            value(shape.member, member, f'{path}[{i}]')
    elif kind == 'map':
        assert isinstance(v, dict), f'{path}: {v!r} is no map'
        for k, member in v.items():
            value(shape.key, k, f'{path} key')
            value(shape.value, member, f'{path}.{k}')
    else:
        scalar(shape, v, path)


def structure(shape, v, path):
    assert isinstance(v, dict), f'{path}: {v!r} is no structure'
    names = {m.serialization.get('name', n): n for n, m in shape.members.items() if 'location' not in m.serialization}
    for name, member in v.items():
        assert name in names, f'{path}: the model has no member {name}'
        value(shape.members[names[name]], member, f'{path}.{name}')
    for name in shape.required_members:
        assert shape.members[name].serialization.get('name', name) in v, f'{path}: {name} is missing'


def scalar(shape, v, path):
    kind = shape.type_name
    if kind == 'string':
        assert isinstance(v, str), f'{path}: {v!r} is no string'
        bounds(shape, len(v), path)
        pattern = shape.metadata.get('pattern')
        if pattern and '\\p' not in pattern:
            assert re.fullmatch(pattern, v, re.ASCII), f'{path}: {v!r} is not {pattern}'
        assert not shape.enum or v in shape.enum, f'{path}: {v!r} is not in {shape.enum}'
    elif kind in ('integer', 'long'):
        assert type(v) is int, f'{path}: {v!r} is no integer'
        bounds(shape, v, path)
    elif kind == 'boolean':
        assert type(v) is bool, f'{path}: {v!r} is no boolean'
    elif kind == 'timestamp':
        assert type(v) in (int, float) and 1.6e9 < v < 2.6e9, f'{path}: {v!r} is no time of these years'
    else:
        raise AssertionError(f'{path}: a {kind}')


def bounds(shape, n, path):
    assert shape.metadata.get('min', n) <= n <= shape.metadata.get('max', n), f'{path}: {n} is out of bounds'
