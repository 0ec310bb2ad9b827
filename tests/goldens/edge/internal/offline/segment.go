package offline

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A record is a checksum of all that follows it, the length of the data, the time in milliseconds, a key, the data.
// A torn write fails the checksum, and so does a run of zeros, which some file systems leave behind.
const (
	lengthAt   = 4
	timeAt     = 8
	keyAt      = 16
	headerSize = 32
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errDamaged = errors.New("not a whole record")
	errEmpty   = errors.New("no record")
)

// Record is what Append was given.
type Record struct {
	Data []byte
	Time time.Time // of Append
	Key  string    // the same each time that the record is delivered, and no other record's

	at position
}

// position is a place in the queue.
type position struct {
	segment uint64
	offset  int64
	record  int64 // records before it in the segment
}

// segment is a file of records. What lies beyond its size was never promised to anybody.
type segment struct {
	number        uint64
	size, records int64
	file          *os.File // while it is written
}

func encode(data []byte, now time.Time) []byte {
	record := make([]byte, headerSize, headerSize+len(data))
	binary.LittleEndian.PutUint32(record[lengthAt:], uint32(len(data))) // #nosec G115 -- half a segment at most
	binary.LittleEndian.PutUint64(record[timeAt:], uint64(now.UnixMilli()))
	_, _ = rand.Read(record[keyAt:]) // never fails
	record = append(record, data...)
	binary.LittleEndian.PutUint32(record, crc32.Checksum(record[lengthAt:], castagnoli))
	return record
}

// decode reads the next record, of which at most longest bytes are left.
func decode(r io.Reader, longest int64) (Record, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return Record{}, whole(err)
	}
	length := int64(binary.LittleEndian.Uint32(header[lengthAt:]))
	if length > longest-headerSize {
		return Record{}, errDamaged
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(r, data); err != nil {
		return Record{}, whole(err)
	}
	sum := crc32.Update(crc32.Checksum(header[lengthAt:], castagnoli), castagnoli, data)
	if sum != binary.LittleEndian.Uint32(header) {
		return Record{}, errDamaged
	}
	at := time.UnixMilli(int64(binary.LittleEndian.Uint64(header[timeAt:]))) // #nosec G115 -- was one
	return Record{Data: data, Time: at, Key: hex.EncodeToString(header[keyAt:])}, nil
}

// whole tells a file that ends too early from one that cannot be read.
func whole(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return err
}

func readRecord(path string, at position) (Record, error) {
	file, err := os.Open(path) // #nosec G304 -- the queue's own folder
	if err != nil {
		return Record{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return Record{}, err
	}
	left := info.Size() - at.offset
	record, err := decode(io.NewSectionReader(file, at.offset, left), left)
	record.at = at
	return record, err
}

func (q *Queue) path(s *segment) string {
	return filepath.Join(q.dir, fmt.Sprintf("%020d.segment", s.number))
}

// recover finds what an earlier process left, and the place of its oldest record.
func (q *Queue) recover() (err error) {
	if q.cursor, err = os.OpenFile(filepath.Join(q.dir, "position"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	saved := q.loadPosition()
	q.last = saved.segment
	paths, _ := filepath.Glob(filepath.Join(q.dir, "*.segment")) // sorted
	for _, path := range paths {
		s := new(segment)
		if _, err := fmt.Sscanf(filepath.Base(path), "%d.segment", &s.number); err != nil {
			return fmt.Errorf("%s: no file of the queue", path)
		}
		q.last = max(q.last, s.number)
		offsets, err := q.scan(s)
		if err != nil {
			return err
		}
		if s.records == 0 || s.number < saved.segment {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		q.segments = append(q.segments, s)
		if s.number == saved.segment {
			// Where the position was lost, more is delivered once more.
			if n, found := slices.BinarySearch(offsets, saved.offset); found {
				q.head = position{s.number, saved.offset, int64(n)}
			}
		}
	}
	if len(q.segments) > 0 && q.head.segment != q.segments[0].number {
		q.head = position{segment: q.segments[0].number}
	}
	return nil
}

// scan finds the records of a segment and cuts off what a kill or a loss of power left half written.
func (q *Queue) scan(s *segment) (offsets []int64, err error) {
	file, err := os.OpenFile(q.path(s), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	reader := bufio.NewReader(file)
	offsets = []int64{0}
	for s.size < info.Size() {
		record, err := decode(reader, info.Size()-s.size)
		if errors.Is(err, errDamaged) {
			q.log.Warn("the end of a segment is cut off", "segment", s.number, "bytes", info.Size()-s.size)
			return offsets, errors.Join(file.Truncate(s.size), q.sync(file))
		}
		if err != nil {
			return nil, err
		}
		s.size += int64(headerSize + len(record.Data))
		s.records++
		offsets = append(offsets, s.size)
	}
	return offsets, nil
}

// The position is overwritten in place and never flushed: one that is lost or torn costs a second delivery.
const positionSize = 20

func (q *Queue) savePosition() {
	buf := make([]byte, positionSize)
	binary.LittleEndian.PutUint64(buf[4:], q.head.segment)
	binary.LittleEndian.PutUint64(buf[12:], uint64(q.head.offset)) // #nosec G115 -- never negative
	binary.LittleEndian.PutUint32(buf, crc32.Checksum(buf[4:], castagnoli))
	if _, err := q.cursor.WriteAt(buf, 0); err != nil {
		q.log.Warn("records may be delivered once more", "error", err)
	}
}

func (q *Queue) loadPosition() (p position) {
	buf := make([]byte, positionSize)
	_, err := q.cursor.ReadAt(buf, 0)
	if err != nil || crc32.Checksum(buf[4:], castagnoli) != binary.LittleEndian.Uint32(buf) {
		return position{}
	}
	return position{segment: binary.LittleEndian.Uint64(buf[4:]), offset: int64(binary.LittleEndian.Uint64(buf[12:]))} // #nosec G115 -- was one
}

func flushDir(path string) error {
	dir, err := os.Open(path) // #nosec G304 -- the queue's own folder
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
