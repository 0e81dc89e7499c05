package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	certmanager "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	defaults "github.com/cert-manager/cert-manager/internal/apis/config/controller/v1alpha1"
	certcontroller "github.com/cert-manager/cert-manager/pkg/controller"
	gateways "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// controller issues certificates and renews them; of several replicas one at a time.
func controller(ctx context.Context, arguments []string) error {
	settings, err := controllerSettings(arguments)
	if err != nil {
		return err
	}
	options, err := contextOptions(settings)
	if err != nil {
		return err
	}
	factory, err := certcontroller.NewContextFactory(ctx, options)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	health := healthz.NewServer(settings.LeaderElectionConfig.HealthzTimeout)
	listener, err := net.Listen("tcp", settings.HealthzListenAddress)
	if err != nil {
		return err
	}
	work.Go(func() error { return health.Start(ctx, listener) })
	lead := func(ctx context.Context) {
		work.Go(func() error { return issue(ctx, factory, settings) })
	}
	work.Go(func() error { return takeTurns(ctx, factory, settings, health.LeaderHealthzAdaptor, lead) })
	return work.Wait()
}

// takeTurns calls lead once this replica's turn has come. Losing it is an error: then the program starts anew.
func takeTurns(
	ctx context.Context,
	factory *certcontroller.ContextFactory,
	settings *certmanager.ControllerConfiguration,
	watchdog *leaderelection.HealthzAdaptor,
	lead func(context.Context),
) error {
	clients, err := factory.Build("leader-election")
	if err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	wanted := settings.LeaderElectionConfig
	lock, err := resourcelock.New(
		resourcelock.LeasesResourceLock, wanted.Namespace, "cert-manager-controller",
		clients.Client.CoreV1(), clients.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: name, EventRecorder: clients.Recorder},
	)
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   wanted.LeaseDuration,
		RenewDeadline:   wanted.RenewDeadline,
		RetryPeriod:     wanted.RetryPeriod,
		ReleaseOnCancel: true,
		WatchDog:        watchdog,
		Callbacks:       leaderelection.LeaderCallbacks{OnStartedLeading: lead, OnStoppedLeading: func() {}},
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	if ctx.Err() == nil {
		return errors.New("another replica leads")
	}
	return nil
}

// issue runs every control loop that is on by default, and those of the Gateway API if they are wanted.
func issue(
	ctx context.Context, factory *certcontroller.ContextFactory, settings *certmanager.ControllerConfiguration,
) error {
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	loops, ctx := errgroup.WithContext(ctx)
	metrics, err := net.Listen("tcp", settings.MetricsListenAddress)
	if err != nil {
		return err
	}
	server := shared.Metrics.NewServer(metrics)
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	loops.Go(func() error {
		if err := server.Serve(metrics); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	names := defaults.DefaultEnabledControllers
	if settings.GatewayAPIConfig.Enabled {
		names = append(names, gateways.ControllerName)
	}
	for _, name := range names {
		loop, err := certcontroller.Known()[name](factory)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		loops.Go(func() error { return loop.Run(settings.NumberOfConcurrentWorkers, ctx) })
	}
	logf.FromContext(ctx).Info("leads", "loops", names)
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if settings.GatewayAPIConfig.Enabled {
		shared.GWShared.Start(ctx.Done())
	}
	return loops.Wait()
}
