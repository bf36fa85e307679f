// A client on CoAP that is not ours: go-coap. On one connection it signs up, signs in, discovers, reads and changes a resource
// whose value is longer than a block, observes it until its power is POWER, and cancels. Prints a JSON object for each step;
// ends with 0 after the cancellation, with 1 and the error at the first step that fails.
//
//	go_coap_client ADDRESS DI PROVIDER CODE HREF POWER [CERTIFICATE KEY CA]
//
// HREF is the resource as the hub routes it; with PEM files over TLS, without over TCP.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/tcp"
	"github.com/plgd-dev/go-coap/v3/tcp/client"
)

const (
	patience       = 30 * time.Second
	maxMessageSize = 1200
)

type object = map[string]interface{}

func say(step string, more object) {
	line := object{"step": step}
	for key, value := range more {
		line[key] = value
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// 2.04 as a number and a dot.
func text(code codes.Code) string {
	return fmt.Sprintf("%d.%02d", code>>5, code&31)
}

// What a response says, and an error if it is not `wanted`.
func read(response *pool.Message, wanted codes.Code, value interface{}) error {
	if response.Code() != wanted {
		return fmt.Errorf("%s instead of %s", text(response.Code()), text(wanted))
	}
	if response.Body() == nil || value == nil {
		return nil
	}
	body, err := response.ReadBody()
	if err != nil {
		return err
	}
	return cbor.Unmarshal(body, value)
}

func accept() message.Option {
	value, _ := encoded(uint32(message.AppOcfCbor))
	return message.Option{ID: message.Accept, Value: value}
}

func encoded(number uint32) ([]byte, error) {
	value := make([]byte, 4)
	size, err := message.EncodeUint32(value, number)
	return value[:size], err
}

// go-coap's own CSM is empty: no block-wise transfer, and messages of 1,152 bytes (RFC 8323 section 5.3). This one says what the
// client can.
func announce(ctx context.Context, connection *client.Conn) error {
	csm := connection.AcquireMessage(ctx)
	defer connection.ReleaseMessage(csm)
	token, err := message.GetToken()
	if err != nil {
		return err
	}
	csm.SetCode(codes.CSM)
	csm.SetToken(token)
	csm.SetOptionUint32(message.TCPMaxMessageSize, maxMessageSize)
	csm.SetOptionBytes(message.TCPBlockWiseTransfer, []byte{})
	return connection.Session().WriteMessage(csm)
}

type device struct {
	connection *client.Conn
	di         string
}

func (d *device) post(ctx context.Context, path string, content object, answer interface{}) error {
	body, err := cbor.Marshal(content)
	if err != nil {
		return err
	}
	response, err := d.connection.Post(ctx, path, message.AppOcfCbor, bytes.NewReader(body), accept())
	if err != nil {
		return err
	}
	return read(response, codes.Changed, answer)
}

func (d *device) get(ctx context.Context, path string, value interface{}) error {
	response, err := d.connection.Get(ctx, path, accept())
	if err != nil {
		return err
	}
	return read(response, codes.Content, value)
}

func (d *device) signIn(ctx context.Context, provider, code string) error {
	var granted struct {
		AccessToken string `cbor:"accesstoken"`
		UID         string `cbor:"uid"`
	}
	err := d.post(ctx, "/oic/sec/account", object{"di": d.di, "authprovider": provider, "accesstoken": code}, &granted)
	if err != nil {
		return fmt.Errorf("sign-up: %w", err)
	}
	say("sign-up", object{"uid": granted.UID})
	var session struct {
		ExpiresIn int64 `cbor:"expiresin"`
	}
	err = d.post(ctx, "/oic/sec/session",
		object{"di": d.di, "uid": granted.UID, "accesstoken": granted.AccessToken, "login": true}, &session)
	if err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	say("sign-in", object{"expiresin": session.ExpiresIn})
	return nil
}

// Whether discovery lists the resource that the rest is about.
func (d *device) discover(ctx context.Context, href string) error {
	var links []struct {
		Href string `cbor:"href"`
	}
	if err := d.get(ctx, "/oic/res", &links); err != nil {
		return fmt.Errorf("discover: %w", err)
	}
	found := false
	for _, link := range links {
		found = found || link.Href == href
	}
	say("discover", object{"links": len(links), "found": found})
	return nil
}

type light struct {
	Power int    `cbor:"power"`
	Name  string `cbor:"name"`
}

func (d *device) readAndChange(ctx context.Context, href string) error {
	var now light
	if err := d.get(ctx, href, &now); err != nil {
		return fmt.Errorf("get: %w", err)
	}
	say("get", object{"power": now.Power, "name_bytes": len(now.Name)})
	name := strings.Repeat("go-coap ", 400)
	if err := d.post(ctx, href, object{"name": name, "power": 1}, nil); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	say("update", object{"name_bytes": len(name)})
	return nil
}

func (d *device) observe(ctx context.Context, href string, power int) error {
	heard := make(chan light, 100)
	observation, err := d.connection.Observe(ctx, href, func(notification *pool.Message) {
		var now light
		if err := read(notification, codes.Content, &now); err != nil {
			say("observed", object{"error": err.Error()})
			return
		}
		say("observed", object{"power": now.Power, "name_bytes": len(now.Name)})
		heard <- now
	}, accept())
	if err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	for now := (light{}); now.Power != power; {
		select {
		case now = <-heard:
		case <-ctx.Done():
			return errors.New("observe: the last notification did not come")
		}
	}
	if err = observation.Cancel(ctx); err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	say("cancelled", nil)
	return nil
}

// As a device checks the hub: the chain, not the name.
func tlsConfig(certificate, key, ca string) (*tls.Config, error) {
	identity, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	check := func(chain [][]byte, _ [][]*x509.Certificate) error {
		hub, err := x509.ParseCertificate(chain[0])
		if err == nil {
			_, err = hub.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		}
		return err
	}
	return &tls.Config{Certificates: []tls.Certificate{identity}, InsecureSkipVerify: true, VerifyPeerCertificate: check}, nil
}

func run(arguments []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dial := []tcp.Option{
		options.WithBlockwise(true, blockwise.SZX1024, patience),
		options.WithMaxMessageSize(maxMessageSize),
		options.WithDisableTCPSignalMessageCSM(),
	}
	if len(arguments) == 9 {
		config, err := tlsConfig(arguments[6], arguments[7], arguments[8])
		if err != nil {
			return err
		}
		dial = append(dial, options.WithTLS(config))
	}
	connection, err := tcp.Dial(arguments[0], dial...)
	if err != nil {
		return err
	}
	defer connection.Close()
	d := &device{connection: connection, di: arguments[1]}
	href := arguments[4]
	power, err := strconv.Atoi(arguments[5])
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return announce(ctx, connection) },
		func() error { return d.signIn(ctx, arguments[2], arguments[3]) },
		func() error { return d.discover(ctx, href) },
		func() error { return d.readAndChange(ctx, href) },
		func() error { return connection.Ping(ctx) },
		func() error { return d.observe(ctx, href, power) },
	} {
		if err = step(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 7 && len(os.Args) != 10 {
		fmt.Fprintln(os.Stderr, "usage: go_coap_client ADDRESS DI PROVIDER CODE HREF POWER [CERTIFICATE KEY CA]")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
