SELECT *, topic(4) AS robot FROM 'askaround/v1/robot/+/telemetry'
