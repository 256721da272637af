package mqttest

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := Pipe(4)
		buf := make([]byte, 10)

		begin := time.Now()
		_ = client.SetReadDeadline(begin.Add(time.Second))
		if _, err := client.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("read after %v: %v", time.Since(begin), err)
		}
		_ = client.SetReadDeadline(time.Time{})

		_ = client.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := client.Write([]byte("123456")); n != 4 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("wrote %d beyond the capacity: %v", n, err)
		}
		_ = client.SetWriteDeadline(time.Time{})
		if n, err := server.Read(buf); string(buf[:n]) != "1234" || err != nil {
			t.Errorf("read %q, %v", buf[:n], err)
		}

		written := make(chan error)
		go func() {
			_, err := server.Write([]byte("123456"))
			written <- errors.Join(err, server.(interface{ CloseWrite() error }).CloseWrite())
		}()
		if got, err := io.ReadAll(client); string(got) != "123456" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if err := <-written; err != nil {
			t.Error(err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after CloseWrite: %v", err)
		}
		if _, err := client.Write([]byte("back")); err != nil {
			t.Errorf("the other direction: %v", err)
		}
		_ = server.Close()
		if _, err := client.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed end: %v", err)
		}
		if _, err := server.Read(buf); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of a closed end: %v", err)
		}
	})
}
