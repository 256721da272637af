SELECT *, topic(4) AS thing, topic(5) AS model FROM 'askaround/v1/edge/+/+/inference'
