// Runs dynamodb-geo for Node.js: reads one job as JSON from the standard input, writes what
// came of it as JSON to the standard output.
//
//	{endpoint, table, hashKeyLength, longitudeFirst, create, put, search, get, remove}
//
// create makes the table as the package says; put, get and remove are lists of
// {id, lat, lng}, and search of {lat, lng, radius}.
'use strict'
const AWS = require('aws-sdk')
const geo = require('dynamodb-geo')

// modern sends the package's KeyConditions, which localaws does not take, as the expression
// that DynamoDB's documentation gives for them.
function modern(client) {
  const query = client.query.bind(client)
  client.query = ({ KeyConditions, ...rest }) => {
    const [[partition, is], [sort, between]] = Object.entries(KeyConditions)
    return query({
      ...rest,
      KeyConditionExpression: '#p = :p AND #s BETWEEN :low AND :high',
      ExpressionAttributeNames: { '#p': partition, '#s': sort },
      ExpressionAttributeValues: { ':p': is.AttributeValueList[0], ':low': between.AttributeValueList[0], ':high': between.AttributeValueList[1] },
    })
  }
  return client
}

async function run(job) {
  const client = modern(new AWS.DynamoDB({
    endpoint: job.endpoint, region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local', maxRetries: 0,
  }))
  const config = new geo.GeoDataManagerConfiguration(client, job.table)
  config.hashKeyLength = job.hashKeyLength
  config.longitudeFirst = job.longitudeFirst
  const manager = new geo.GeoDataManager(config)
  const key = (p) => ({ RangeKeyValue: { S: p.id }, GeoPoint: { latitude: p.lat, longitude: p.lng } })
  if (job.create) await client.createTable(geo.GeoTableUtil.getCreateTableRequest(config)).promise()
  for (const p of job.put || []) {
    await manager.putPoint({ ...key(p), PutItemInput: { Item: { name: { S: p.id } } } }).promise()
  }
  const found = []
  for (const s of job.search || []) {
    const items = await manager.queryRadius({ RadiusInMeter: s.radius, CenterPoint: { latitude: s.lat, longitude: s.lng } })
    found.push(items.map((item) => item.rangeKey.S).sort())
  }
  const got = []
  for (const p of job.get || []) {
    const out = await manager.getPoint({ ...key(p), GetItemInput: {} }).promise()
    got.push(out.Item ? out.Item.geoJson.S : '')
  }
  for (const p of job.remove || []) await manager.deletePoint(key(p)).promise()
  return { found, got }
}

let text = ''
process.stdin.setEncoding('utf8') // characters may lie across two chunks
process.stdin.on('data', (chunk) => { text += chunk })
process.stdin.on('end', () => {
  run(JSON.parse(text)).then(
    (out) => process.stdout.write(JSON.stringify(out)),
    (err) => { console.error(err); process.exit(1) },
  )
})
