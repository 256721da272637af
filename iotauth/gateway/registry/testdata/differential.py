"""Makes the same random requests of the control plane and of moto, and compares the answers.

What the two do differently on purpose is avoided by the generator, each place with the
reason.
"""
import hashlib
import json
import random
import sys

import boto3
import botocore.exceptions
import moto

url, given = sys.argv[1], json.load(sys.stdin)
rng = random.Random(given['seed'])
options = dict(region_name='us-east-1', aws_access_key_id='k', aws_secret_access_key='s')
ours = boto3.client('iot', endpoint_url=url, **options)

THINGS, TYPES, POLICIES, ALIASES = ['t1', 't2', 't3', 't4'], ['k1', 'k2'], ['p1', 'p2', 'p3'], ['a1', 'a2']
PARENTS = {'g1': None, 'g2': 'g1', 'g3': 'g2', 'h1': None}
ACCOUNT = '123456789012'
CERTIFICATES = given['certificates']  # id and PEM
DOCUMENTS = [json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'iot:' + a, 'Resource': '*'}]}) for a in ('Connect', 'Publish')]

# Members that differ by their nature, and "version" of a thing, which moto does not count.
IGNORED = {'ResponseMetadata', 'thingId', 'thingTypeId', 'thingGroupId', 'creationDate', 'lastModifiedDate', 'createDate', 'deprecationDate',
           'generationId', 'certificatePem', 'certificateMode', 'caCertificateId', 'validity', 'ownedBy', 'previousOwnedBy', 'transferData',
           'customerVersion', 'owner', 'version', 'billingGroupName', 'indexName', 'queryString', 'queryVersion'}


def plain(v):
    if isinstance(v, dict):
        # An empty member and one that is left out say the same.
        members = {k: plain(m) for k, m in v.items() if k not in IGNORED}
        return {k: m for k, m in members.items() if m not in ({}, [], None, '')}
    if isinstance(v, list):
        return sorted((plain(m) for m in v), key=lambda m: json.dumps(m, sort_keys=True, default=str))
    return v


# moto names a certificate by the hash of its PEM, AWS by that of its DER form.
THEIR_IDS = {c['id']: hashlib.sha256(c['pem'].encode()).hexdigest() for c in CERTIFICATES}


def renamed(v, names):
    text = json.dumps(v, default=str)
    for a, b in names.items():
        text = text.replace(a, b)
    return json.loads(text)


def ask_moto(client, name, args):
    return plain(renamed(ask(client, name, renamed(args, THEIR_IDS)), {b: a for a, b in THEIR_IDS.items()}))


def ask(client, name, args):
    try:
        return plain(getattr(client, name)(**args))
    except botocore.exceptions.ClientError as e:
        return e.response['Error']['Code']


class Generator:
    """Random requests. It asks the control plane what there is, where it must."""

    def present(self, name, **args):
        return not isinstance(ask(ours, name, args), str)

    def attributes(self):
        return {k: rng.choice(['1', '2', '']) for k in rng.sample(['a', 'b', 'c'], rng.randrange(3))}

    def thing(self):
        return rng.choice(THINGS)

    def group(self):
        return rng.choice(list(PARENTS))

    def certificate(self):
        return rng.choice(CERTIFICATES)['id']

    def principal(self):
        return f'arn:aws:iot:us-east-1:{ACCOUNT}:cert/{self.certificate()}'

    def target(self):
        if rng.random() < 0.2:
            return f'arn:aws:iot:us-east-1:{ACCOUNT}:thinggroup/{self.group()}'
        return self.principal()

    def create_thing(self):
        name = self.thing()
        if self.present('describe_thing', thingName=name):
            return None  # moto replaces the thing
        args = {'thingName': name, 'attributePayload': {'attributes': {k: v for k, v in self.attributes().items() if v}}}
        if rng.random() < 0.5:
            args['thingTypeName'] = rng.choice(TYPES)
        return args

    def update_thing(self):
        args = {'thingName': self.thing()}
        if rng.random() < 0.7:
            args['attributePayload'] = {'attributes': self.attributes(), 'merge': rng.random() < 0.5}
            if not args['attributePayload']['attributes'] and not args['attributePayload']['merge']:
                del args['attributePayload']
        if rng.random() < 0.2:
            args['removeThingType'] = True
        elif rng.random() < 0.3:
            kind = rng.choice(TYPES)
            if ask(ours, 'describe_thing', {'thingName': args['thingName']}) == 'ResourceNotFoundException':
                return None
            if ask(ours, 'describe_thing', {'thingName': args['thingName']}).get('thingTypeName') == kind:
                return None  # moto refuses a deprecated type that the thing has already
            args['thingTypeName'] = kind
        return args

    def delete_thing(self):
        name = self.thing()
        groups = ask(ours, 'list_thing_groups_for_thing', {'thingName': name})
        if groups == 'ResourceNotFoundException' or groups:
            return None  # moto: an error where AWS has none; and the thing would stay in its groups
        return {'thingName': name}

    def describe_thing(self):
        return {'thingName': self.thing()}

    def list_things(self):
        return rng.choice([{}, {'thingTypeName': 'k1'}, {'attributeName': 'a', 'attributeValue': '1'}])

    def create_thing_type(self):
        name = rng.choice(TYPES)
        if self.present('describe_thing_type', thingTypeName=name):
            return None  # moto replaces the type
        return {'thingTypeName': name, 'thingTypeProperties': {'thingTypeDescription': 'd'}}

    def describe_thing_type(self):
        return {'thingTypeName': rng.choice(TYPES)}

    def list_thing_types(self):
        return rng.choice([{}, {'thingTypeName': 'k'}, {'thingTypeName': 'k2'}])

    def deprecate_thing_type(self):
        return {'thingTypeName': rng.choice(TYPES), 'undoDeprecate': rng.random() < 0.5}

    def delete_thing_type(self):
        name = rng.choice(TYPES)
        kind = ask(ours, 'describe_thing_type', {'thingTypeName': name})
        if kind != 'ResourceNotFoundException' and not kind['thingTypeMetadata']['deprecated'] or self.uses(name):
            return None  # moto deletes a type that is in use, or not deprecated
        return {'thingTypeName': name}

    def uses(self, kind):
        return bool(ask(ours, 'list_things', {'thingTypeName': kind}))

    def create_thing_group(self):
        name = self.group()
        if PARENTS[name] and not self.present('describe_thing_group', thingGroupName=PARENTS[name]):
            return None  # moto fails by itself
        args = {'thingGroupName': name, 'thingGroupProperties': {'thingGroupDescription': rng.choice(['x', 'y'])}}
        if PARENTS[name]:
            args['parentGroupName'] = PARENTS[name]
        if self.present('describe_thing_group', thingGroupName=name):
            return None  # moto compares with properties that were updated since
        return args

    def describe_thing_group(self):
        return {'thingGroupName': self.group()}

    def update_thing_group(self):
        return {'thingGroupName': self.group(), 'thingGroupProperties': {
            'thingGroupDescription': rng.choice(['x', 'y']), 'attributePayload': {'attributes': {'a': rng.choice('12')}, 'merge': rng.random() < 0.5}}}

    def delete_thing_group(self):
        name = self.group()
        if self.policies_of_group(name):
            return None  # moto keeps the attachment of a group that is gone
        return {'thingGroupName': name}

    def list_thing_groups(self):
        return rng.choice([{}, {'recursive': False}, {'parentGroup': self.group()}, {'namePrefixFilter': 'g'}, {'parentGroup': 'g1', 'recursive': False}])

    def add_thing_to_thing_group(self):
        thing, group = self.thing(), self.group()
        there = ask(ours, 'list_thing_groups_for_thing', {'thingName': thing})
        if isinstance(there, dict) and any(g['groupName'] != group and g['groupName'][0] == group[0] for g in there.get('thingGroups', [])):
            return None  # moto lets a thing into two groups of a hierarchy
        return {'thingName': thing, 'thingGroupName': group}

    def remove_thing_from_thing_group(self):
        return {'thingName': self.thing(), 'thingGroupName': self.group()}

    def list_things_in_thing_group(self):
        return {'thingGroupName': self.group()}

    def list_thing_groups_for_thing(self):
        return {'thingName': self.thing()}

    def register_certificate_without_ca(self):
        return {'certificatePem': rng.choice(CERTIFICATES)['pem'], 'status': rng.choice(['ACTIVE', 'INACTIVE'])}

    def describe_certificate(self):
        return {'certificateId': self.certificate()}

    def list_certificates(self):
        return {}

    def update_certificate(self):
        return {'certificateId': self.certificate(), 'newStatus': rng.choice(['ACTIVE', 'INACTIVE', 'REVOKED'])}

    def delete_certificate(self):
        if any(self.policies_of_group(g) for g in PARENTS):
            return None  # moto takes the groups that have policies for certificates, and breaks
        return {'certificateId': self.certificate()}

    def policies_of_group(self, name):
        policies = ask(ours, 'list_attached_policies', {'target': f'arn:aws:iot:us-east-1:{ACCOUNT}:thinggroup/{name}'})
        return policies if isinstance(policies, dict) else None

    def attach_thing_principal(self):
        return {'thingName': self.thing(), 'principal': self.principal()}

    detach_thing_principal = attach_thing_principal

    def list_thing_principals(self):
        return {'thingName': self.thing()}

    def list_principal_things(self):
        principal = self.principal()
        if not self.present('describe_certificate', certificateId=principal[-64:]):
            return None  # moto answers for a certificate that is not registered
        return {'principal': principal}

    def create_policy(self):
        return {'policyName': rng.choice(POLICIES), 'policyDocument': rng.choice(DOCUMENTS)}

    def get_policy(self):
        return {'policyName': rng.choice(POLICIES)}

    delete_policy = list_policy_versions = list_targets_for_policy = get_policy

    def list_policies(self):
        return {}

    def create_policy_version(self):
        return {'policyName': rng.choice(POLICIES), 'policyDocument': rng.choice(DOCUMENTS), 'setAsDefault': rng.random() < 0.5}

    def get_policy_version(self):
        return {'policyName': rng.choice(POLICIES), 'policyVersionId': str(rng.randrange(1, 7))}

    delete_policy_version = get_policy_version

    def set_default_policy_version(self):
        args = self.get_policy_version()
        if self.present('get_policy', policyName=args['policyName']) and not self.present('get_policy_version', **args):
            return None  # moto leaves no version in effect
        return args

    def attach_policy(self):
        return {'policyName': rng.choice(POLICIES), 'target': self.target()}

    detach_policy = attach_policy

    def list_attached_policies(self):
        target = self.target()
        if not isinstance(ask(ours, 'list_attached_policies', {'target': target}), dict):
            return None  # moto answers for a target that does not exist
        return {'target': target}

    def create_role_alias(self):
        return {'roleAlias': rng.choice(ALIASES), 'roleArn': f'arn:aws:iam::{ACCOUNT}:role/r{rng.randrange(3)}'}

    def describe_role_alias(self):
        return {'roleAlias': rng.choice(ALIASES)}

    delete_role_alias = describe_role_alias

    def update_role_alias(self):
        return dict(self.create_role_alias(), credentialDurationSeconds=rng.choice([900, 3600]))

    def list_role_aliases(self):
        return {}


def main():
    g = Generator()
    names = [n for n in vars(Generator) if n in dir(ours) and n[0] != '_']
    counts, answered, history = {}, 0, []
    with moto.mock_aws():
        theirs = boto3.client('iot', **options)
        while sum(counts.values()) < given['requests']:
            name = rng.choice(names)
            args = getattr(g, name)()
            if args is None:
                continue
            history.append((name, args))
            mine, moto_s = renamed(ask(ours, name, args), {}), ask_moto(theirs, name, args)
            assert mine == moto_s, 'request %d, %s %s:\nhere %s\nmoto %s\nbefore: %s' % (len(history), name, str(args)[:500], mine, moto_s, [(n, str(a)[:150]) for n, a in history[-12:-1]])
            counts[name] = counts.get(name, 0) + 1
            answered += not isinstance(mine, str)
    json.dump({'operations': len(counts), 'requests': sum(counts.values()), 'answered': answered}, sys.stdout)


main()
