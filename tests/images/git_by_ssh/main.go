// Git_by_ssh lets whoever has one key read git repositories over SSH, as the user git.
package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"golang.org/x/crypto/ssh"
)

// fetch is what git asks of the other side, with the path in quotes.
var fetch = regexp.MustCompile(`^git-upload-pack '([^']+)'$`)

func main() {
	address := flag.String("address", "", "host and port to listen on")
	own := flag.String("own", "", "file with the server's private key")
	allowed := flag.String("allowed", "", "file with the public key that opens it")
	repositories := flag.String("repositories", "", "folder of bare git repositories")
	flag.Parse()

	listener, err := net.Listen("tcp", *address)
	check(err)
	for settings := configured(*own, *allowed); ; {
		connection, err := listener.Accept()
		check(err)
		go serve(connection, settings, *repositories)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func configured(own, allowed string) *ssh.ServerConfig {
	private, err := os.ReadFile(own)
	check(err)
	signer, err := ssh.ParsePrivateKey(private)
	check(err)
	public, err := os.ReadFile(allowed)
	check(err)
	key, _, _, _, err := ssh.ParseAuthorizedKey(public)
	check(err)
	settings := &ssh.ServerConfig{
		PublicKeyCallback: func(who ssh.ConnMetadata, shown ssh.PublicKey) (*ssh.Permissions, error) {
			if who.User() != "git" || !bytes.Equal(shown.Marshal(), key.Marshal()) {
				return nil, errors.New("who are you?")
			}
			return &ssh.Permissions{}, nil
		},
	}
	settings.AddHostKey(signer)
	return settings
}

func serve(connection net.Conn, settings *ssh.ServerConfig, repositories string) {
	defer connection.Close()
	_, channels, requests, err := ssh.NewServerConn(connection, settings)
	if err != nil {
		log.Print(err)
		return
	}
	go ssh.DiscardRequests(requests)
	for each := range channels {
		channel, asked, err := each.Accept()
		if err != nil {
			return
		}
		go answer(channel, asked, repositories)
	}
}

// answer runs the one command that there is, on a repository below the folder.
func answer(channel ssh.Channel, asked <-chan *ssh.Request, repositories string) {
	defer channel.Close()
	for request := range asked {
		var command struct{ Line string }
		if request.Type != "exec" || ssh.Unmarshal(request.Payload, &command) != nil {
			_ = request.Reply(false, nil)
			continue
		}
		code := uint32(1)
		if path := fetch.FindStringSubmatch(command.Line); path != nil {
			_ = request.Reply(true, nil)
			git := exec.Command("git", "upload-pack", filepath.Join(repositories, filepath.Clean("/"+path[1])))
			git.Stdout, git.Stderr = channel, channel.Stderr()
			input, err := git.StdinPipe()
			check(err)
			go func() { _, _ = io.Copy(input, channel) }()
			if git.Run() == nil {
				code = 0
			}
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
		return
	}
}
