// Counts what dynamodb-geo reads: for each line "lat lng metres" of standard input it
// answers "queries read-units items".
//
//	node dynamodb-geo.js ENDPOINT TABLE HASH-KEY-LENGTH
//
// Its legacy KeyConditions, which the engine does not know, are sent as the expression that
// means the same. The package's own covering and ranges are used as they are. DynamoDB counts what it would
// return, which costs the same read units, and the package's filter is left out, since it
// costs none: a third of a millisecond for each item.
const readline = require('readline');
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
const AWS = require('aws-sdk');
const geo = require('dynamodb-geo');

const [endpoint, table, length] = process.argv.slice(2);
const client = new AWS.DynamoDB({
  endpoint, region: 'us-east-1', accessKeyId: 'x', secretAccessKey: 'y', maxRetries: 0,
});
const config = new geo.GeoDataManagerConfiguration(client, table);
config.hashKeyLength = Number(length);
const manager = new geo.GeoDataManager(config);
manager.filterByRadius = (items) => items;

let queries, units, items;
const query = client.query.bind(client);
client.query = ({ KeyConditions: { hashKey, geohash }, ...input }) => {
  const request = query({
    ...input,
    KeyConditionExpression: 'hashKey = :hash AND geohash BETWEEN :min AND :max',
    ExpressionAttributeValues: {
      ':hash': hashKey.AttributeValueList[0],
      ':min': geohash.AttributeValueList[0],
      ':max': geohash.AttributeValueList[1],
    },
  });
  return {
    promise: () => request.promise().then((output) => {
      queries++;
      units += output.ConsumedCapacity.CapacityUnits;
      items += output.ScannedCount;
      return { ...output, Items: [] };
    }),
  };
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [latitude, longitude, RadiusInMeter] = line.split(' ').map(Number);
    queries = units = items = 0;
    await manager.queryRadius({
      RadiusInMeter, CenterPoint: { latitude, longitude }, QueryInput: { Select: 'COUNT' },
    });
    console.log(queries, units, items);
  }
})().catch((err) => {
  console.error(err);
  process.exit(1);
});
