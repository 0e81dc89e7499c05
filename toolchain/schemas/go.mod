// The releases whose schemas and charts ours are checked against. Nothing is built of them.
module todo/toolchain/schemas

go 1.26.5

require (
	github.com/cert-manager/cert-manager v1.21.1
	github.com/cilium/cilium v1.20.2
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/cloudnative-pg/plugin-barman-cloud v0.13.0
	github.com/dapr/dapr v1.18.2
	github.com/fluxcd/helm-controller v1.6.0
	github.com/fluxcd/kustomize-controller v1.9.6
	github.com/fluxcd/source-controller v1.9.6
	github.com/prometheus-operator/prometheus-operator v0.93.1
	k8s.io/kubernetes v1.37.2
	sigs.k8s.io/gateway-api v1.5.1
	sigs.k8s.io/metrics-server v0.9.0
)
