package main

import (
	certmanager "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/internal/apis/config/controller/validation"
	certcontroller "github.com/cert-manager/cert-manager/pkg/controller"
	controllerfile "github.com/cert-manager/cert-manager/pkg/controller/configfile"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util/configfile"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
)

const nothingSaid = `{"apiVersion": "controller.config.cert-manager.io/v1alpha1", "kind": "ControllerConfiguration"}`

// controllerSettings are those of the file that --config names, or the defaults; flags win over both.
func controllerSettings(arguments []string) (*certmanager.ControllerConfiguration, error) {
	file := controllerfile.New()
	if err := file.DecodeAndConfigure([]byte(nothingSaid)); err != nil {
		return nil, err
	}
	path, err := parse(file.Config, arguments)
	if err != nil {
		return nil, err
	}
	if path != "" {
		reader, err := configfile.NewConfigurationFSLoader(nil, path)
		if err != nil {
			return nil, err
		}
		if err := reader.Load(file); err != nil {
			return nil, err
		}
		if _, err := parse(file.Config, arguments); err != nil {
			return nil, err
		}
	}
	if problems := validation.ValidateControllerConfiguration(file.Config, nil); len(problems) > 0 {
		return nil, problems.ToAggregate()
	}
	return file.Config, logf.ValidateAndApply(&file.Config.Logging)
}

// parse lays the flags that cert-manager's chart knows over settings; it returns the path of the file.
func parse(settings *certmanager.ControllerConfiguration, arguments []string) (string, error) {
	flags := pflag.NewFlagSet("controller", pflag.ContinueOnError)
	path := flags.String("config", "", "file with a ControllerConfiguration")
	flags.StringVar(&settings.ClusterResourceNamespace, "cluster-resource-namespace",
		settings.ClusterResourceNamespace, "where Secrets of ClusterIssuers are")
	flags.StringVar(&settings.LeaderElectionConfig.Namespace, "leader-election-namespace",
		settings.LeaderElectionConfig.Namespace, "where replicas choose one of them")
	flags.StringVar(&settings.ACMEHTTP01Config.SolverImage, "acme-http01-solver-image",
		settings.ACMEHTTP01Config.SolverImage, "image of what answers challenges")
	flags.IntVar(&settings.MaxConcurrentChallenges, "max-concurrent-challenges",
		settings.MaxConcurrentChallenges, "how many at once")
	logf.AddFlags(&settings.Logging, flags)
	err := flags.Parse(arguments)
	return *path, err
}

// contextOptions are the same settings as the control loops take them.
func contextOptions(settings *certmanager.ControllerConfiguration) (certcontroller.ContextOptions, error) {
	solver, problem := settings.ACMEHTTP01Config, error(nil)
	quantity := func(text string) resource.Quantity {
		read, err := resource.ParseQuantity(text)
		if err != nil {
			problem = err
		}
		return read
	}
	options := certcontroller.ContextOptions{
		KubernetesAPIQPS:   settings.KubernetesAPIQPS,
		KubernetesAPIBurst: settings.KubernetesAPIBurst,
		ACMEOptions: certcontroller.ACMEOptions{
			HTTP01SolverImage:                 solver.SolverImage,
			HTTP01SolverResourceRequestCPU:    quantity(solver.SolverResourceRequestCPU),
			HTTP01SolverResourceRequestMemory: quantity(solver.SolverResourceRequestMemory),
			HTTP01SolverResourceLimitsCPU:     quantity(solver.SolverResourceLimitsCPU),
			HTTP01SolverResourceLimitsMemory:  quantity(solver.SolverResourceLimitsMemory),
			ACMEHTTP01SolverRunAsNonRoot:      solver.SolverRunAsNonRoot,
			HTTP01SolverNameservers:           solver.SolverNameservers,
			DNS01CheckRetryPeriod:             settings.ACMEDNS01Config.CheckRetryPeriod,
		},
		SchedulerOptions: certcontroller.SchedulerOptions{MaxConcurrentChallenges: settings.MaxConcurrentChallenges},
		IssuerOptions: certcontroller.IssuerOptions{
			ClusterIssuerAmbientCredentials: settings.ClusterIssuerAmbientCredentials,
			ClusterResourceNamespace:        settings.ClusterResourceNamespace,
		},
		IngressShimOptions: certcontroller.IngressShimOptions{
			DefaultIssuerKind:                 settings.IngressShimConfig.DefaultIssuerKind,
			DefaultIssuerGroup:                settings.IngressShimConfig.DefaultIssuerGroup,
			DefaultAutoCertificateAnnotations: settings.IngressShimConfig.DefaultAutoCertificateAnnotations,
		},
		CertificateOptions: certcontroller.CertificateOptions{
			CopiedAnnotationPrefixes:                 settings.CopiedAnnotationPrefixes,
			CertificateRequestMinimumBackoffDuration: settings.CertificateRequestMinimumBackoffDuration,
			CertificateRequestMaximumBackoffDuration: settings.CertificateRequestMaximumBackoffDuration,
		},
		ConfigOptions: certcontroller.ConfigOptions{EnableGatewayAPI: settings.GatewayAPIConfig.Enabled},
	}
	return options, problem
}
