package dynamodb

import "context"

type limitsOutput struct {
	AccountMaxReadCapacityUnits  int
	AccountMaxWriteCapacityUnits int
	TableMaxReadCapacityUnits    int
	TableMaxWriteCapacityUnits   int
}

// describeLimits tells the initial quotas of an account.
func (e *Engine) describeLimits(context.Context, *empty) (*limitsOutput, error) {
	return &limitsOutput{80_000, 80_000, 40_000, 40_000}, nil
}

type endpointsOutput struct{ Endpoints []endpoint }

type endpoint struct {
	Address              string
	CachePeriodInMinutes int
}

func (e *Engine) describeEndpoints(context.Context, *empty) (*endpointsOutput, error) {
	return &endpointsOutput{[]endpoint{{"dynamodb." + e.options.Region + ".amazonaws.com", 1440}}}, nil
}

type backupsOutput struct{ ContinuousBackupsDescription backupsDescription }

type (
	backupsDescription struct {
		ContinuousBackupsStatus        string
		PointInTimeRecoveryDescription recoveryDescription
	}
	recoveryDescription struct{ PointInTimeRecoveryStatus string }
)

// describeBackups tells what AWS tells of a table without point-in-time recovery, which
// programs that manage tables ask for.
func (e *Engine) describeBackups(_ context.Context, in *tableInput) (*backupsOutput, error) {
	if _, err := e.table(*in.TableName); err != nil {
		return nil, failure("TableNotFoundException", "Table not found: %s", e.tableName(*in.TableName))
	}
	return &backupsOutput{backupsDescription{"ENABLED", recoveryDescription{"DISABLED"}}}, nil
}
