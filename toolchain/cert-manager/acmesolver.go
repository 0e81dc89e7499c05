package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/spf13/pflag"
)

// acmesolver answers one challenge of an ACME server until it is stopped.
func acmesolver(ctx context.Context, arguments []string) error {
	server := new(solver.HTTP01Solver)
	flags := pflag.NewFlagSet("acmesolver", pflag.ContinueOnError)
	flags.IntVar(&server.ListenPort, "listen-port", 8089, "where it listens")
	flags.StringVar(&server.Domain, "domain", "", "the name to prove")
	flags.StringVar(&server.Token, "token", "", "what the ACME server asks for")
	flags.StringVar(&server.Key, "key", "", "the answer")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Listen(logf.FromContext(ctx)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
