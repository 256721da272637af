"""Drives every group of operations of a local DynamoDB with boto3. Usage: boto.py URL"""

import sys
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary

URL = sys.argv[1]
db = boto3.resource("dynamodb", endpoint_url=URL)
client = db.meta.client
streams = boto3.client("dynamodbstreams", endpoint_url=URL)


def refused(code, call, **kwargs):
    try:
        call(**kwargs)
    except client.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e.response
    raise AssertionError(f"{code} did not come")


def make_table():
    key = lambda h, r: [{"AttributeName": h, "KeyType": "HASH"}, {"AttributeName": r, "KeyType": "RANGE"}]
    table = db.create_table(
        TableName="boto",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("a", "N"), ("g", "S"))],
        LocalSecondaryIndexes=[{"IndexName": "byA", "KeySchema": key("pk", "a"), "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        GlobalSecondaryIndexes=[{"IndexName": "byG", "KeySchema": key("g", "sk"), "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        Tags=[{"Key": "k", "Value": "v"}],
    )
    table.wait_until_exists()
    table.reload()
    assert table.table_status == "ACTIVE"
    assert [t.name for t in db.tables.all()] == ["boto"]
    return table


def items(table):
    everything = {"pk": "all", "sk": 1, "b": Binary(b"\x00\xff"), "n": Decimal("0.1"), "l": [None, True, "x"], "m": {"k": {"l": []}}, "ss": {"a", "b"}, "ns": {Decimal(1), Decimal("2.5")}}
    table.put_item(Item=everything)
    assert table.get_item(Key={"pk": "all", "sk": 1}, ConsistentRead=True)["Item"] == everything
    out = table.update_item(Key={"pk": "all", "sk": 1}, UpdateExpression="SET n = n + :d, m.k.l = list_append(m.k.l, :l) REMOVE b DELETE ss :s",
        ExpressionAttributeValues={":d": Decimal("0.2"), ":l": [1], ":s": {"a"}}, ReturnValues="ALL_NEW")["Attributes"]
    assert out["n"] == Decimal("0.3") and out["ss"] == {"b"} and out["m"] == {"k": {"l": [1]}} and "b" not in out, out
    refused("ConditionalCheckFailedException", table.put_item, Item=everything, ConditionExpression=Attr("pk").not_exists())
    refused("ValidationException", table.put_item, Item={"pk": "x"})
    old = table.delete_item(Key={"pk": "all", "sk": 1}, ReturnValues="ALL_OLD", ReturnConsumedCapacity="INDEXES")
    assert old["Attributes"]["n"] == Decimal("0.3") and old["ConsumedCapacity"]["Table"]["CapacityUnits"] == 1.0, old


def batches(table):
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for i in range(60):
            batch.put_item(Item={"pk": "p", "sk": i, "a": 60 - i, **({"g": "g"} if i % 2 else {})})
        batch.delete_item(Key={"pk": "p", "sk": 59})
    out = db.batch_get_item(RequestItems={"boto": {"Keys": [{"pk": "p", "sk": i} for i in (0, 58, 59)]}})
    assert sorted(int(i["sk"]) for i in out["Responses"]["boto"]) == [0, 58], out


def reads(table):
    found = table.query(KeyConditionExpression=Key("pk").eq("p") & Key("sk").between(9, 20), FilterExpression=Attr("a").lt(50), ScanIndexForward=False)
    assert [int(i["sk"]) for i in found["Items"]] == list(range(20, 10, -1)) and found["ScannedCount"] == 12, found
    assert [int(i["a"]) for i in table.query(IndexName="byA", KeyConditionExpression=Key("pk").eq("p"), Limit=2)["Items"]] == [2, 3]
    assert table.query(IndexName="byG", KeyConditionExpression=Key("g").eq("g"), Select="COUNT")["Count"] == 29
    pages = client.get_paginator("scan").paginate(TableName="boto", PaginationConfig={"PageSize": 7})
    assert sum(len(p["Items"]) for p in pages) == 59
    assert sum(table.scan(Segment=s, TotalSegments=3)["Count"] for s in range(3)) == 59


def transactions():
    put = lambda sk, **more: {"Put": {"TableName": "boto", "Item": {"pk": "t", "sk": sk}, **more}}
    client.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken="token")
    client.transact_write_items(TransactItems=[put(1), put(2)], ClientRequestToken="token")
    refused("IdempotentParameterMismatchException", client.transact_write_items, TransactItems=[put(3)], ClientRequestToken="token")
    response = refused("TransactionCanceledException", client.transact_write_items, TransactItems=[put(3), put(1, ConditionExpression="attribute_not_exists(pk)")])
    assert [r["Code"] for r in response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"], response
    out = client.transact_get_items(TransactItems=[{"Get": {"TableName": "boto", "Key": {"pk": "t", "sk": i}}} for i in (1, 3)])
    assert ["Item" in r for r in out["Responses"]] == [True, False], out


def settings(table):
    client.update_time_to_live(TableName="boto", TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    assert client.describe_time_to_live(TableName="boto")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    client.tag_resource(ResourceArn=table.table_arn, Tags=[{"Key": "l", "Value": "w"}])
    client.untag_resource(ResourceArn=table.table_arn, TagKeys=["k"])
    assert client.list_tags_of_resource(ResourceArn=table.table_arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    client.update_table(TableName="boto", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byG"}}])
    client.get_waiter("table_exists").wait(TableName="boto")
    assert client.describe_limits()["TableMaxWriteCapacityUnits"] == 40000
    assert client.describe_endpoints()["Endpoints"]
    backups = client.describe_continuous_backups(TableName="boto")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    statement = {"Statement": "SELECT * FROM boto"}
    refused("ValidationException", client.execute_statement, **statement)
    refused("ValidationException", client.batch_execute_statement, Statements=[statement])
    refused("ValidationException", client.execute_transaction, TransactStatements=[statement])


def stream(table):
    arn = table.latest_stream_arn
    assert streams.list_streams(TableName="boto")["Streams"][0]["StreamArn"] == arn
    last, count = {}, 0
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        it = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for r in streams.get_records(ShardIterator=it)["Records"]:
            key = str(r["dynamodb"]["Keys"])
            assert r["dynamodb"].get("OldImage") == last.get(key), r
            last[key], count = r["dynamodb"].get("NewImage"), count + 1
    assert count == 3 + 59 + 2, count


table = make_table()
items(table)
batches(table)
reads(table)
transactions()
stream(table)
settings(table)
table.delete()
table.wait_until_not_exists()
