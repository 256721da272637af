SELECT *, topic(4) AS thing FROM 'askaround/v1/device/+/telemetry'
