"""Writes a record with boto3 into the thing's own table and tries another's."""
import boto3
from botocore.exceptions import ClientError

session = boto3.Session()
client = session.client("dynamodb")
record = {
    "serial_number": {"S": "boto3"},
    "timestamp": {"S": "2017-11-28T06:40:00Z"},
    "temperature": {"S": "20"},
    "humidity": {"S": "65"},
}
client.put_item(TableName="MyHomeThermostat", Item=record)
try:
    client.put_item(TableName="AnothersThermostat", Item=record)
    raise SystemExit("another thing's table takes the record")
except ClientError as e:
    code = e.response["Error"]["Code"]
print(session.get_credentials().method, code)
