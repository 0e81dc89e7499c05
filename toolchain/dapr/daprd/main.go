// Command daprd is the Dapr sidecar with only the components this repository uses.
//
// The released daprd registers about 140 component types, whose libraries are most of its build
// time. This one runs the same runtime (github.com/dapr/dapr/pkg/runtime) with the types that
// components.go lists, so a laptop without a released daprd builds it in minutes.
package main

import (
	"context"
	"fmt"
	"os"

	"go.opencensus.io/stats/view"
	"go.uber.org/automaxprocs/maxprocs"

	"github.com/dapr/dapr/cmd/daprd/options"
	"github.com/dapr/dapr/pkg/buildinfo"
	"github.com/dapr/dapr/pkg/components/bindings"
	"github.com/dapr/dapr/pkg/components/configuration"
	"github.com/dapr/dapr/pkg/components/conversation"
	"github.com/dapr/dapr/pkg/components/crypto"
	"github.com/dapr/dapr/pkg/components/lock"
	middleware "github.com/dapr/dapr/pkg/components/middleware/http"
	"github.com/dapr/dapr/pkg/components/nameresolution"
	"github.com/dapr/dapr/pkg/components/pubsub"
	"github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/healthz"
	"github.com/dapr/dapr/pkg/metrics"
	"github.com/dapr/dapr/pkg/modes"
	"github.com/dapr/dapr/pkg/runtime"
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/dapr/pkg/security"
	"github.com/dapr/kit/concurrency"
	"github.com/dapr/kit/logger"
	"github.com/dapr/kit/signals"
)

var log = logger.NewLogger("dapr.runtime")

func main() {
	_, _ = maxprocs.Set()
	opts, err := options.New(os.Args[1:])
	if err != nil {
		log.Fatalf("flags: %v", err)
	}
	if opts.RuntimeVersion || opts.BuildInfo {
		fmt.Println(buildinfo.Version())
		return
	}
	if opts.WaitCommand {
		runtime.WaitUntilDaprOutboundReady(opts.DaprHTTPPort)
		return
	}
	opts.Logger.SetAppID(opts.AppID)
	if err := logger.ApplyOptionsToLoggers(&opts.Logger); err != nil {
		log.Fatal(err)
	}
	setRegistryLoggers(logger.NewLogger("dapr.contrib"))

	ctx := signals.Context()
	restarts := signals.OnHUP(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case run, ok := <-restarts:
			if !ok {
				return
			}
			if err := serve(run, opts); err != nil {
				log.Fatalf("runtime: %s", err)
			}
			if run.Err() == nil {
				return
			}
		}
	}
}

func setRegistryLoggers(contrib logger.Logger) {
	bindings.DefaultRegistry.Logger = contrib
	configuration.DefaultRegistry.Logger = contrib
	conversation.DefaultRegistry.Logger = contrib
	crypto.DefaultRegistry.Logger = contrib
	lock.DefaultRegistry.Logger = contrib
	middleware.DefaultRegistry.Logger = contrib
	nameresolution.DefaultRegistry.Logger = contrib
	pubsub.DefaultRegistry.Logger = contrib
	secretstores.DefaultRegistry.Logger = contrib
	state.DefaultRegistry.Logger = contrib
}

func registries() *registry.Options {
	return registry.NewOptions().
		WithBindings(bindings.DefaultRegistry).
		WithConfigurations(configuration.DefaultRegistry).
		WithConversations(conversation.DefaultRegistry).
		WithCryptoProviders(crypto.DefaultRegistry).
		WithHTTPMiddlewares(middleware.DefaultRegistry).
		WithLocks(lock.DefaultRegistry).
		WithNameResolutions(nameresolution.DefaultRegistry).
		WithPubSubs(pubsub.DefaultRegistry).
		WithSecretStores(secretstores.DefaultRegistry).
		WithStateStores(state.DefaultRegistry)
}

func serve(ctx context.Context, opts *options.Options) error {
	health := healthz.New()
	identity, err := security.New(ctx, security.Options{
		SentryAddress:           opts.SentryAddress,
		ControlPlaneTrustDomain: opts.ControlPlaneTrustDomain,
		ControlPlaneNamespace:   opts.ControlPlaneNamespace,
		TrustAnchors:            opts.TrustAnchors,
		AppID:                   opts.AppID,
		MTLSEnabled:             opts.EnableMTLS,
		Mode:                    modes.DaprMode(opts.Mode),
		Healthz:                 health,
		JwtAudiences:            opts.SentryRequestJwtAudiences,
	})
	if err != nil {
		return err
	}
	return concurrency.NewRunnerManager(identity.Run, func(ctx context.Context) error {
		handler, err := identity.Handler(ctx)
		if err != nil {
			return err
		}
		config := runtimeConfig(opts)
		config.Registry = registries()
		config.Security = handler
		config.Healthz = health
		config.Metrics.Healthz = health
		daprd, err := runtime.FromConfig(ctx, config)
		if err != nil {
			return err
		}
		return daprd.Run(ctx)
	}).Run(ctx)
}

func runtimeConfig(opts *options.Options) *runtime.Config {
	return &runtime.Config{
		AppID:                         opts.AppID,
		ActorsService:                 opts.ActorsService,
		ActorsDisseminationTimeout:    opts.ActorsDisseminationTimeout,
		AllowedOrigins:                opts.AllowedOrigins,
		AppChannelAddress:             opts.AppChannelAddress,
		AppHealthCheckPath:            opts.AppHealthCheckPath,
		AppHealthProbeInterval:        opts.AppHealthProbeInterval,
		AppHealthProbeTimeout:         opts.AppHealthProbeTimeout,
		AppHealthThreshold:            opts.AppHealthThreshold,
		AppMaxConcurrency:             opts.AppMaxConcurrency,
		AppProtocol:                   opts.AppProtocol,
		ApplicationPort:               opts.AppPort,
		AppSSL:                        opts.AppSSL,
		ComponentsPath:                opts.ComponentsPath,
		Config:                        opts.Config,
		ControlPlaneAddress:           opts.ControlPlaneAddress,
		DaprAPIGRPCPort:               opts.DaprAPIGRPCPort,
		DaprAPIListenAddresses:        opts.DaprAPIListenAddresses,
		DaprBlockShutdownDuration:     opts.DaprBlockShutdownDuration,
		DaprGracefulShutdownSeconds:   opts.DaprGracefulShutdownSeconds,
		DaprHTTPPort:                  opts.DaprHTTPPort,
		DaprInternalGRPCListenAddress: opts.DaprInternalGRPCListenAddress,
		DaprInternalGRPCPort:          opts.DaprInternalGRPCPort,
		DaprPublicListenAddress:       opts.DaprPublicListenAddress,
		DaprPublicPort:                opts.DaprPublicPort,
		DisableBuiltinK8sSecretStore:  opts.DisableBuiltinK8sSecretStore,
		DisableInitEndpoints:          opts.DisableInitEndpoints,
		EnableAPILogging:              opts.EnableAPILogging,
		EnableAppHealthCheck:          opts.EnableAppHealthCheck,
		EnableMTLS:                    opts.EnableMTLS,
		EnableProfiling:               opts.EnableProfiling,
		HotReloadReconcileInterval:    opts.HotReloadReconcileInterval,
		MaxRequestSize:                opts.MaxRequestSize,
		Mode:                          opts.Mode,
		ProfilePort:                   opts.ProfilePort,
		ReadBufferSize:                opts.ReadBufferSize,
		RemindersService:              opts.RemindersService,
		ResourcesPath:                 opts.ResourcesPath,
		SchedulerAddress:              opts.SchedulerAddress,
		SchedulerStreams:              opts.SchedulerJobStreams,
		SentryAddress:                 opts.SentryAddress,
		UnixDomainSocket:              opts.UnixDomainSocket,
		Metrics: metrics.Options{
			Enabled:       opts.Metrics.Enabled(),
			Log:           log,
			Port:          opts.Metrics.Port(),
			Namespace:     metrics.DefaultMetricNamespace,
			ListenAddress: opts.Metrics.ListenAddress(),
			Meter:         view.NewMeter(),
		},
	}
}
