{{/* Annotations for Dapr's injector. Probes and sizes are those of dapr.yaml; a test compares them. */}}
{{- define "service.daprAnnotations" -}}
{{- $sidecar := .Values.sidecar -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ .Chart.Name }}
dapr.io/app-port: "8000"
dapr.io/config: {{ .Chart.Name }}
dapr.io/enable-app-health-check: "true"
dapr.io/app-health-check-path: /readyz
dapr.io/app-health-probe-interval: "3"
dapr.io/app-health-probe-timeout: "2000"
dapr.io/app-health-threshold: "3"
dapr.io/max-body-size: 4Mi
dapr.io/read-buffer-size: 16Ki
dapr.io/placement-host-address: " "
dapr.io/api-token-secret: dapr-api
dapr.io/app-token-secret: app-api
dapr.io/log-as-json: "true"
dapr.io/sidecar-cpu-request: {{ $sidecar.requests.cpu | quote }}
dapr.io/sidecar-cpu-limit: {{ $sidecar.limits.cpu | quote }}
dapr.io/sidecar-memory-request: {{ $sidecar.requests.memory | quote }}
dapr.io/sidecar-memory-limit: {{ $sidecar.limits.memory | quote }}
dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
dapr.io/block-shutdown-duration: {{ include "service.sidecarStays" . }}s
dapr.io/graceful-shutdown-seconds: {{ .Values.shutdown.drain | quote }}
dapr.io/disable-builtin-k8s-secret-store: "true"
{{- if include "service.secrets" . }}
dapr.io/volume-mounts: kubernetes-api:/var/run/secrets/kubernetes.io/serviceaccount
{{- end }}
dapr.io/env: {{ include "service.sidecarEnv" . | quote }}
{{- with include "service.sidecarSecretEnv" . }}
dapr.io/env-from-secret: {{ . | quote }}
{{- end }}
{{- end }}

{{/*
Who serves a request must outlive who brings it. Requests reach a public app directly, and its sidecar
stays for the calls it makes; they reach the others through the sidecar, which goes first. Both in
seconds after the pod is told to go.
*/}}
{{- define "service.appStays" -}}
{{ add .Values.shutdown.leave (ternary 0 .Values.shutdown.drain .Values.public) }}
{{- end }}

{{- define "service.sidecarStays" -}}
{{ add .Values.shutdown.leave (ternary (add .Values.shutdown.drain 5) 0 .Values.public) }}
{{- end }}

{{/* How the service reaches Kafka, but for what is secret. */}}
{{- define "service.kafkaEnv" -}}
{{- $kafka := .Values.global.kafka -}}
- {name: KAFKA_BROKERS, value: {{ $kafka.brokers | quote }}}
- {name: KAFKA_AUTH_TYPE, value: password}
- {name: KAFKA_DISABLE_TLS, value: {{ not $kafka.tls | quote }}}
- {name: KAFKA_SASL_MECHANISM, value: {{ $kafka.mechanism }}}
- {name: KAFKA_SASL_USERNAME, value: {{ .Chart.Name }}}
{{- end }}

{{/* What is secret of it: variables, and the keys of Secrets they come from. */}}
{{- define "service.kafkaSecretEnv" -}}
- {name: KAFKA_SASL_PASSWORD, secret: kafka-{{ .Chart.Name }}, key: password}
{{- with .Values.global.kafka.caSecret }}
- {name: KAFKA_CA_CERT, secret: {{ . }}, key: ca.crt}
{{- end }}
{{- end }}

{{/* What the components of dapr/components take from the sidecar's environment (envRef). */}}
{{- define "service.sidecarEnv" -}}
{{- $kafka := .Values.global.kafka -}}
{{- $env := list (printf "GOMEMLIMIT=%s" .Values.sidecar.goMemoryLimit) -}}
{{- range include "service.kafkaEnv" . | fromYamlArray }}{{ $env = append $env (printf "%s=%s" .name .value) }}{{ end -}}
{{- if not $kafka.caSecret }}{{ $env = append $env "KAFKA_CA_CERT=" }}{{ end -}}
{{- if .Values.redis }}
{{- $redis := .Values.global.redis -}}
{{- $env = concat $env (list (printf "REDIS_HOST=%s" $redis.host) (printf "REDIS_ENABLE_TLS=%t" $redis.tls)) -}}
{{- end -}}
{{ join "," $env }}
{{- end }}

{{- define "service.sidecarSecretEnv" -}}
{{- $env := list -}}
{{- range include "service.kafkaSecretEnv" . | fromYamlArray }}{{ $env = append $env (printf "%s=%s:%s" .name .secret .key) }}{{ end -}}
{{ join "," $env }}
{{- end }}

{{/* Names of the Secrets its sidecar reads from the Kubernetes API, joined by spaces. */}}
{{- define "service.secrets" -}}
{{- $secrets := .Values.secrets -}}
{{- if .Values.redis }}{{ $secrets = append $secrets "redis" }}{{ end -}}
{{ join " " (sortAlpha $secrets) }}
{{- end }}

{{/* Who may call what: access control of every app, as dapr/cluster/access-control.yaml has it. */}}
{{- define "service.accessControl" -}}
{{ .Files.Get "access-control.yaml" }}
{{- end }}
