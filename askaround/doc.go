// Package askaround is the domain of Ask Around Me: people ask questions at a
// place, people nearby answer, and everybody sees the result move.
//
// # How a request travels
//
// [Service] is the request side. Ask, Answer and Withdraw check the request, store an
// [Operation] that is pending, put a message into a queue and return; they never wait
// for the work itself. Nearby, Question, OwnAnswer and Operation read.
//
// [Worker] is the event side: plain functions over the event types of
// aws-lambda-go, the same on Lambda and under the local event pumps.
//
//	ProcessQuestions   queue Questions                → table Questions, Operations
//	ProcessAnswers     queues StarAnswers, GeoAnswers → table Answers, Operations
//	AggregateAnswers   stream of Answers              → tables Questions, Heat
//	PublishQuestions   stream of Questions            → geo and question topics
//	PublishHeat        stream of Heat                 → question topics
//	PublishWatches     stream of Watches              → account topics
//
// # What is guaranteed
//
// An accepted request is processed at least once and takes effect exactly once. The
// effect and the operation's outcome are one transaction, so that they never
// disagree. Of a user's answers to one question the one accepted last counts,
// whatever order they are processed in. Sums are integers and equal a fold over the
// answers that stand, under redelivery, crashes between any two writes, and workers
// that come back from the dead; [Aggregation] has three ways to that, and
// [Worker.Reconcile] repairs what other hands spoiled. Messages on topics arrive at least once; each carries
// a version, and a reader keeps the highest.
//
// Not guaranteed: that a summary is complete at the moment an operation succeeds
// (aggregation follows it, usually within milliseconds), or that every version is
// published (newer ones replace older ones).
//
// What users are told of each other: nothing names who asked, answered or watches. Where
// somebody is when they search is stored nowhere; a question and a geo answer are where
// they were posted, and everybody else sees the latter as one more in its cell.
//
// # Messages on topics
//
// Member names are lowerCamelCase, times are RFC 3339 in UTC, distances are metres.
// No message names the author of a question or of an answer.
//
// On the geo topic of a question's cell, for a new or changed question ([QuestionMessage]):
//
//	{"type":"question","question":{
//	  "id":"89c25a31cf0e2b4d-0192...","text":"Is the ferry running?","kind":"star",
//	  "location":{"lat":40.6892534,"lng":-74.0466891},"radius":8046.72,
//	  "state":"open","createdAt":"2026-11-22T10:00:00Z","expiresAt":"2027-11-22T10:00:00Z",
//	  "summary":{"version":0,"answers":0,"sumHalfStars":0,"histogram":[0,0,0,0,0,0,0,0,0,0,0]}}}
//
// On the question's topic, when answers moved it ([SummaryMessage], [HeatMessage]);
// histogram[i] counts the answers of i half stars, cells maps S2 tokens of level 13
// to answers inside them and is the whole of its part, a cell of level 10:
//
//	{"type":"summary","question":"89c2...","version":7,"answers":3,"sumHalfStars":21,"histogram":[0,0,0,0,0,0,1,1,1,0,0]}
//	{"type":"heat","question":"89c2...","part":"89c25b","version":4,"cells":{"89c25a34":2,"89c25a5c":1}}
//
// When its state changes the question's topic carries a [QuestionMessage] as well.
// On the account's topic, when an operation is done ([OperationMessage]):
//
//	{"type":"operation","operation":{"id":"0v3k...","kind":"answer","status":"failed",
//	  "question":"89c2...","createdAt":"...","updatedAt":"...",
//	  "failure":{"code":"own_question","detail":"..."}}}
//
// and when the account's watch list changes ([WatchMessage]):
//
//	{"type":"watch","question":"89c2...","watching":true}
//
// On the system topic ([NoticeMessage]):
//
//	{"type":"notice","text":"..."}
package askaround
