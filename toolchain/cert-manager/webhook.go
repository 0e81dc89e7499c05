package main

import (
	"context"

	"github.com/cert-manager/cert-manager/internal/apis/config/webhook/validation"
	certwebhook "github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	"github.com/spf13/pflag"
)

// webhook checks resources of cert-manager before the API server takes them.
func webhook(ctx context.Context, arguments []string) error {
	settings, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.AddConfigFlags(flags, settings)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if problems := validation.ValidateWebhookConfiguration(settings, nil); len(problems) > 0 {
		return problems.ToAggregate()
	}
	if err := logf.ValidateAndApply(&settings.Logging); err != nil {
		return err
	}
	server, err := certwebhook.NewCertManagerWebhookServer(logf.FromContext(ctx), *settings)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
