package sqlite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// sendLog is the times of the last sends to a recipient, newest first and all
// different.
type sendLog []time.Time

// parseSendLog reads the column sends: microseconds with commas between.
func parseSendLog(column string) (sendLog, error) {
	if column == "" {
		return nil, nil
	}
	var log sendLog
	for text := range strings.SplitSeq(column, ",") {
		micros, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the times of sends: %w", err)
		}
		log = append(log, time.UnixMicro(micros).UTC())
	}
	return log, nil
}

// String is the column.
func (l sendLog) String() string {
	texts := make([]string, len(l))
	for i, at := range l {
		texts[i] = strconv.FormatInt(at.UnixMicro(), 10)
	}
	return strings.Join(texts, ",")
}

// wait is how long it takes until another send is allowed, 0 if it is now: until
// the oldest of the last sends that fill the limit has left the window.
func (l sendLog) wait(limit port.SendLimit, now time.Time) time.Duration {
	if limit.Sends == 0 || len(l) < limit.Sends {
		return 0
	}
	return max(0, l[limit.Sends-1].Add(limit.Window).Sub(now))
}

// add counts a send that is allowed, and forgets those that no limit can ask
// for: all but limit.Sends - 1 of the others are out of the window.
func (l sendLog) add(limit port.SendLimit, now time.Time) sendLog {
	if len(l) > 0 && !now.After(l[0]) {
		now = l[0].Add(time.Microsecond)
	}
	l = slices.Insert(slices.Clone(l), 0, now)
	return l[:min(len(l), max(1, limit.Sends))]
}

// remove takes one send back.
func (l sendLog) remove(at time.Time) sendLog {
	return slices.DeleteFunc(slices.Clone(l), at.Equal)
}
