{{/*
The pod of a service: (dict "root" $ "component" "service"). It says nothing of the release, or each would restart it.
*/}}
{{- define "service.podTemplate" -}}
{{- $pod := . -}}
{{- with .root -}}
metadata:
  labels: {{- include "service.podLabels" $pod | nindent 4 }}
  annotations:
    # daprd reads its Configuration once, when it starts.
    checksum/configuration: {{ include (print .Template.BasePath "/configuration.yaml") . | sha256sum }}
    {{- include "service.daprAnnotations" . | nindent 4 }}
spec:
  serviceAccountName: {{ .Chart.Name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add .Values.shutdown.leave (mul 2 .Values.shutdown.drain) 15 }}
  securityContext: {{- include "service.podSecurity" . | nindent 4 }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      matchLabelKeys: [pod-template-hash]
      labelSelector:
        matchLabels: {{- include "service.selector" $pod | nindent 10 }}
  containers:
    - name: app
      image: {{ include "service.image" . }}
      imagePullPolicy: {{ .Values.global.image.pullPolicy }}
      command: [serve, {{ .Chart.Name }}]
      ports: [{name: http, containerPort: 8000}]
      env:
        - {name: TODO_ENVIRONMENT, value: production}
        - {name: TODO_HOST, value: 0.0.0.0}
        - {name: APP_PORT, value: "8000"}
        - name: DAPR_API_TOKEN
          valueFrom: {secretKeyRef: {name: dapr-api, key: token}}
        - name: APP_API_TOKEN
          valueFrom: {secretKeyRef: {name: app-api, key: token}}
        {{- with .Values.global.monitoring.otlpEndpoint }}
        - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
        - {name: TODO_TRACE_SAMPLE_RATIO, value: {{ $.root.Values.global.monitoring.traceSampleRatio | quote }}}
        {{- end }}
        {{- with and .Values.public .Values.global.network.gateway.ranges }}
        - {name: FORWARDED_ALLOW_IPS, value: {{ join "," . | quote }}}
        {{- end }}
        {{- range $name, $value := .Values.env }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- range $name, $limit := .Values.quotas }}
        - {name: TODO_QUOTA_{{ upper $name }}, value: {{ int64 $limit | quote }}}
        {{- end }}
        {{- if .Values.database }}
        {{- include "service.databaseEnv" . | nindent 8 }}
        {{- else }}
        # Instead of the default, which is for a laptop and refused here.
        - {name: TODO_DATABASE_URL, value: ""}
        {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 3
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 3
        timeoutSeconds: 2
      lifecycle:
        {{- if .Values.public }}
        # The app closes its clients' connections, so that they find another pod (servicekit.web.connection_draining).
        preStop: {exec: {command: [sh, -c, "kill -USR1 1; sleep {{ include "service.appStays" . }}"]}}
        {{- else }}
        preStop: {sleep: {seconds: {{ include "service.appStays" . }}}}
        {{- end }}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext: {{- include "service.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- if .Values.database }}
        {{- include "service.databaseMounts" . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- if .Values.database }}
    {{- include "service.databaseVolumes" . | nindent 4 }}
    {{- end }}
    {{- if include "service.secrets" . }}
    # For the sidecar only, which reads Secrets in the name of the service account.
    - name: kubernetes-api
      projected:
        sources:
          - serviceAccountToken: {path: token, expirationSeconds: 3600}
          - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    {{- end }}
{{- end }}
{{- end }}
