{{/* (dict "root" $ "name" "redis") */}}
{{- define "data.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: todo-data
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* Of all services, and 25 for the operator, the exporter, backups and whoever looks. */}}
{{- define "data.connections" -}}
{{- with .Values.postgres }}{{ add (mul (len .services) .connections) 25 }}{{ end }}
{{- end }}

{{/* As CloudNativePG knows the plugin Barman Cloud. */}}
{{- define "data.archiver" -}}
barman-cloud.cloudnative-pg.io
{{- end }}

{{/* Not empty if PostgreSQL archives. Who is made from an archive would overwrite it, writing to the same folder. */}}
{{- define "data.archives" -}}
{{- with .Values.postgres -}}
{{- if and .recovery.server (not .archive.bucket) }}{{ fail "postgres.recovery needs the bucket of an archive" }}{{ end -}}
{{- if and .recovery.replica (not .recovery.server) }}{{ fail "postgres.recovery.replica needs the server it follows" }}{{ end -}}
{{- if and .archive.bucket .archive.active -}}
{{- if eq .recovery.server .archive.server }}{{ fail "postgres.archive.server has to differ from postgres.recovery.server" }}{{ end -}}
true
{{- end -}}
{{- end -}}
{{- end }}

{{/* A pod of ours under Pod Security `restricted`; the group owns its volume. */}}
{{- define "data.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "data.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "data.allowDns" -}}
{{- with .Values.network.dns -}}
- to: {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* The pods of services that may come: (dict "names" (list …) "components" (list …)) */}}
{{- define "data.pods" -}}
- podSelector:
    matchExpressions:
      - {key: app.kubernetes.io/name, operator: In, values: {{ toJson .names }}}
      - {key: app.kubernetes.io/component, operator: In, values: {{ toJson .components }}}
{{- end }}

{{/* Rights of KafkaUsers as options of kafka-acls: a map of who and how to what, for few calls of it. */}}
{{- define "data.kafkaRights" -}}
{{- $rights := dict -}}
{{- range $user := .users }}
{{- range $user.spec.authorization.acls }}
{{- $pattern := eq .resource.patternType "prefix" | ternary "prefixed" "literal" }}
{{- $who := printf "--allow-principal User:%s --resource-pattern-type %s" $user.metadata.name $pattern }}
{{- range .operations }}{{ $who = printf "%s --operation %s" $who . }}{{ end }}
{{- $_ := set $rights $who (append (get $rights $who | default list) (printf "--%s %s" .resource.type .resource.name)) }}
{{- end }}
{{- end }}
{{- toYaml $rights -}}
{{- end }}
