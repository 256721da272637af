package iotsql

// What one evaluation may take, in units of about ten nanoseconds or one byte; the payload
// of a message is within 128 KiB. A statement that people write takes tens to thousands.
const maxCost = 4 << 20

// MaxResult bounds the outgoing payload and every string on the way, in bytes. It is what
// the largest of the actions can take (a message of SQS).
const MaxResult = 1 << 20
