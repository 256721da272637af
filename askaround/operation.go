package askaround

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// operationRecord is an item of the Operations table:
//
//	id, account, kind, status, question  S  id is the primary key
//	fingerprint                          S  of the request, to tell reuses of a key
//	accepted_at                          N  Unix microseconds
//	updated_at                           N  Unix milliseconds
//	expires_at                           N  Unix seconds
//	attempts                             N  that found a question or moderation missing
//	code, detail                         S  of a failure
type operationRecord struct {
	Operation
	account     AccountID
	fingerprint string
	acceptedAt  int64
}

// operationLifetime is how long an operation can be read, and its idempotency key is
// remembered. It is longer than the 14 days that SQS can keep a message, so
// that a message always finds its operation.
const operationLifetime = 30 * 24 * time.Hour

const (
	attrID          = "id"
	attrStatus      = "status"
	attrFingerprint = "fingerprint"
	attrUpdatedAt   = "updated_at"
	attrCode        = "code"
	attrDetail      = "detail"
	attrAttempts    = "attempts"
)

func (r operationRecord) item() item {
	return item{
		attrID:          str(string(r.ID)),
		attrAccount:     str(string(r.account)),
		attrKind:        str(string(r.Kind)),
		attrStatus:      str(string(r.Status)),
		attrQuestion:    str(string(r.Question)),
		attrFingerprint: str(r.fingerprint),
		attrAcceptedAt:  num(r.acceptedAt),
		attrUpdatedAt:   num(r.UpdatedAt.UnixMilli()),
		attrExpiresAt:   num(r.CreatedAt.Add(operationLifetime).Unix()),
	}
}

func operationKey(id OperationID) item { return item{attrID: str(string(id))} }

func parseOperation(it item) (operationRecord, error) {
	a := attrs{item: it}
	r := operationRecord{
		Operation: Operation{
			ID:        OperationID(a.text(attrID)),
			Kind:      OperationKind(a.text(attrKind)),
			Status:    OperationStatus(a.text(attrStatus)),
			Question:  QuestionID(a.text(attrQuestion)),
			UpdatedAt: time.UnixMilli(a.integer(attrUpdatedAt)).UTC(),
		},
		account:     AccountID(a.text(attrAccount)),
		fingerprint: a.text(attrFingerprint),
		acceptedAt:  a.integer(attrAcceptedAt),
	}
	r.CreatedAt = acceptedTime(r.acceptedAt)
	if r.Status == StatusFailed {
		r.Failure = &Failure{Code: FailureCode(a.text(attrCode)), Detail: a.text(attrDetail)}
	}
	return r, a.err
}

// acceptedTime returns the time that people see of a time of acceptance in Unix
// microseconds.
func acceptedTime(micros int64) time.Time {
	return time.UnixMicro(micros).UTC().Truncate(time.Millisecond)
}

// refusedItem returns the item that made a conditional write fail, nil when there was none;
// ok is false when err is something else.
func refusedItem(err error) (it item, ok bool) {
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		return refused.Item, true
	}
	return nil, false
}
