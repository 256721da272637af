package direct

import (
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// request makes the engine's inputs of the SDK's. Its methods report whether that can be
// done: an input is plain whose values the engine would take from JSON as they are, and
// that has no members which few have. All others go as JSON, so that there is one place
// that refuses, and words it.
type request struct {
	values
	put      engine.PutItemInput
	keyed    engine.KeyedInput
	get      engine.GetItemInput
	batch    engine.BatchGetInput
	query    engine.QueryInput
	limit    int // of the query
	transact engine.TransactWriteInput
	actions  []engine.WriteInput // of the transaction
}

var requests = sync.Pool{New: func() any { return new(request) }}

func takeRequest() *request { return requests.Get().(*request) }

// maxActions is the largest transaction whose room is kept.
const maxActions = 8

// giveBack ends the use of what r made.
func (r *request) giveBack() {
	r.release()
	r.put, r.keyed, r.get, r.batch, r.query = engine.PutItemInput{}, engine.KeyedInput{}, engine.GetItemInput{}, engine.BatchGetInput{}, engine.QueryInput{}
	if cap(r.actions) > maxActions {
		r.actions, r.transact.TransactItems = nil, nil
	}
	clear(r.actions)
	clear(r.transact.TransactItems)
	r.actions, r.transact.TransactItems = r.actions[:0], r.transact.TransactItems[:0]
	requests.Put(r)
}

// write is what all writes have.
type write struct {
	table     *string
	item, key map[string]types.AttributeValue // one of them
	update    *string
	condition *string
	names     map[string]string
	values    map[string]types.AttributeValue
	returned  types.ReturnValue
	onFailure types.ReturnValuesOnConditionCheckFailure
	capacity  types.ReturnConsumedCapacity
}

// write fills in to, which has its zero value.
func (r *request) write(to *engine.WriteInput, w write) bool {
	if !isText(w.table) || !isText(w.update) || !isText(w.condition) || !areTexts(w.names) {
		return false
	}
	to.TableName, to.UpdateExpression, to.ConditionExpression = w.table, w.update, w.condition
	to.ExpressionAttributeNames = w.names
	to.ReturnValues, to.ReturnValuesOnConditionCheckFailure, to.ReturnConsumedCapacity = string(w.returned), string(w.onFailure), string(w.capacity)
	return r.document(&to.Item, w.item) && r.document(&to.Key, w.key) && r.document(&to.ExpressionAttributeValues, w.values)
}

func (r *request) document(to *engine.Document, given map[string]types.AttributeValue) bool {
	item, fine := r.item(given, 0)
	*to = engine.DocumentOf(item)
	return fine
}

// isText reports whether an optional text is one.
func isText(s *string) bool { return s == nil || utf8.ValidString(*s) }

func areTexts(names map[string]string) bool {
	for placeholder, name := range names {
		if !utf8.ValidString(placeholder) || !utf8.ValidString(name) {
			return false
		}
	}
	return true
}

func (r *request) putItem(in *dynamodb.PutItemInput) bool {
	return in.ConditionalOperator == "" && in.Expected == nil && in.ReturnItemCollectionMetrics == "" &&
		r.write(&r.put.WriteInput, write{
			table: in.TableName, item: in.Item, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
			returned: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, capacity: in.ReturnConsumedCapacity,
		})
}

func (r *request) updateItem(in *dynamodb.UpdateItemInput) bool {
	return in.AttributeUpdates == nil && in.ConditionalOperator == "" && in.Expected == nil && in.ReturnItemCollectionMetrics == "" &&
		r.write(&r.keyed.WriteInput, write{
			table: in.TableName, key: in.Key, update: in.UpdateExpression, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
			returned: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, capacity: in.ReturnConsumedCapacity,
		})
}

func (r *request) deleteItem(in *dynamodb.DeleteItemInput) bool {
	return in.ConditionalOperator == "" && in.Expected == nil && in.ReturnItemCollectionMetrics == "" &&
		r.write(&r.keyed.WriteInput, write{
			table: in.TableName, key: in.Key, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
			returned: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, capacity: in.ReturnConsumedCapacity,
		})
}

func (r *request) getItem(in *dynamodb.GetItemInput) bool {
	if in.AttributesToGet != nil ||
		!isText(in.TableName) || !isText(in.ProjectionExpression) || !areTexts(in.ExpressionAttributeNames) {
		return false
	}
	r.get.TableName, r.get.ProjectionExpression, r.get.ExpressionAttributeNames = in.TableName, in.ProjectionExpression, in.ExpressionAttributeNames
	r.get.ConsistentRead, r.get.ReturnConsumedCapacity = isTrue(in.ConsistentRead), string(in.ReturnConsumedCapacity)
	return r.document(&r.get.Key, in.Key)
}

func (r *request) queryPage(in *dynamodb.QueryInput) bool {
	if in.AttributesToGet != nil || in.ConditionalOperator != "" || in.KeyConditions != nil || in.QueryFilter != nil ||
		!isText(in.TableName) || !isText(in.IndexName) || !isText(in.KeyConditionExpression) || !isText(in.FilterExpression) ||
		!isText(in.ProjectionExpression) || !areTexts(in.ExpressionAttributeNames) {
		return false
	}
	to := &r.query
	to.TableName, to.IndexName, to.Select = in.TableName, in.IndexName, string(in.Select)
	to.KeyConditionExpression, to.FilterExpression, to.ProjectionExpression = in.KeyConditionExpression, in.FilterExpression, in.ProjectionExpression
	to.ExpressionAttributeNames = in.ExpressionAttributeNames
	to.ConsistentRead, to.ScanIndexForward, to.ReturnConsumedCapacity = isTrue(in.ConsistentRead), in.ScanIndexForward, string(in.ReturnConsumedCapacity)
	if in.Limit != nil {
		r.limit = int(*in.Limit)
		to.Limit = &r.limit
	}
	return r.document(&to.ExpressionAttributeValues, in.ExpressionAttributeValues) && r.document(&to.ExclusiveStartKey, in.ExclusiveStartKey)
}

func isTrue(b *bool) bool { return b != nil && *b }

func (r *request) batchGet(in *dynamodb.BatchGetItemInput) bool {
	if in.RequestItems == nil {
		return false
	}
	r.batch.RequestItems = make(map[string]engine.KeysAndAttributes, len(in.RequestItems))
	r.batch.ReturnConsumedCapacity = string(in.ReturnConsumedCapacity)
	for name, of := range in.RequestItems {
		if of.AttributesToGet != nil || of.Keys == nil || !utf8.ValidString(name) || !isText(of.ProjectionExpression) || !areTexts(of.ExpressionAttributeNames) {
			return false
		}
		to := engine.KeysAndAttributes{Keys: make([]engine.Document, len(of.Keys)), ProjectionExpression: of.ProjectionExpression,
			ExpressionAttributeNames: of.ExpressionAttributeNames, ConsistentRead: isTrue(of.ConsistentRead)}
		for i, key := range of.Keys {
			if key == nil || !r.document(&to.Keys[i], key) {
				return false
			}
		}
		r.batch.RequestItems[name] = to
	}
	return true
}

// transactWrite refuses a client token, which stands for the request's JSON.
func (r *request) transactWrite(in *dynamodb.TransactWriteItemsInput) bool {
	if in.ClientRequestToken != nil || in.ReturnItemCollectionMetrics != "" || in.TransactItems == nil {
		return false
	}
	r.transact.ReturnConsumedCapacity = string(in.ReturnConsumedCapacity)
	r.actions = slices.Grow(r.actions, len(in.TransactItems))
	for i := range in.TransactItems {
		to, fine := r.action(&in.TransactItems[i])
		if !fine {
			return false
		}
		r.transact.TransactItems = append(r.transact.TransactItems, to)
	}
	return true
}

// action makes an item of a transaction.
func (r *request) action(in *types.TransactWriteItem) (to engine.TransactWriteItem, fine bool) {
	fine = true
	if in := in.Put; in != nil {
		to.Put = r.part(&fine, write{table: in.TableName, item: in.Item, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure})
	}
	if in := in.Update; in != nil {
		to.Update = r.part(&fine, write{table: in.TableName, key: in.Key, update: in.UpdateExpression, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure})
	}
	if in := in.Delete; in != nil {
		to.Delete = r.part(&fine, write{table: in.TableName, key: in.Key, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure})
	}
	if in := in.ConditionCheck; in != nil {
		to.ConditionCheck = r.part(&fine, write{table: in.TableName, key: in.Key, condition: in.ConditionExpression,
			names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure})
	}
	return to, fine
}

// part is a write of a transaction. fine becomes false where it is not plain.
func (r *request) part(fine *bool, w write) *engine.WriteInput {
	r.actions = append(r.actions, engine.WriteInput{}) // the room before stays where it is
	to := &r.actions[len(r.actions)-1]
	*fine = r.write(to, w) && *fine
	return to
}
