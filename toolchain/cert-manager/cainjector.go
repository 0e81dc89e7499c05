package main

import (
	"context"

	cmscheme "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	injectors "github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubescheme "k8s.io/client-go/kubernetes/scheme"
	logsapi "k8s.io/component-base/logs/api/v1"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// cainjector tells the API server whose certificates to trust when it calls webhooks.
func cainjector(ctx context.Context, arguments []string) error {
	logging := logsapi.NewLoggingConfiguration()
	flags := pflag.NewFlagSet("cainjector", pflag.ContinueOnError)
	logf.AddFlags(logging, flags)
	leases := flags.String("leader-election-namespace", "kube-system", "where replicas choose one of them")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if err := logf.ValidateAndApply(logging); err != nil {
		return err
	}
	known, err := scheme()
	if err != nil {
		return err
	}
	// The API server writes down who changed what by the name in the user agent.
	access := util.RestConfigWithUserAgent(ctrl.GetConfigOrDie(), "cainjector")
	manager, err := ctrl.NewManager(access, ctrl.Options{
		Scheme: known,
		// Not every Secret of a cluster has to lie in memory.
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		LeaderElection:                true,
		LeaderElectionNamespace:       *leases,
		LeaderElectionID:              "cert-manager-cainjector-leader-election",
		LeaderElectionReleaseOnCancel: true,
		Metrics:                       server.Options{BindAddress: ":9402"},
	})
	if err != nil {
		return err
	}
	wanted := injectors.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			injectors.MutatingWebhookConfigurationName:   true,
			injectors.ValidatingWebhookConfigurationName: true,
			injectors.APIServiceName:                     true,
			injectors.CustomResourceDefinitionName:       true,
		},
	}
	if err := injectors.RegisterAllInjectors(ctx, manager, wanted); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func scheme() (*runtime.Scheme, error) {
	made := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		kubescheme.AddToScheme, cmscheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme,
	} {
		if err := add(made); err != nil {
			return nil, err
		}
	}
	return made, nil
}
