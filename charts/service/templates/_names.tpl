{{/* Labels that tell the pods of one kind of one service: (dict "root" $ "component" "service") */}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "service.podLabels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/part-of: todo
{{- end }}

{{/*
Deployments of the service: itself, and beside it its canary, if there is one. Their selectors have nothing in common.
*/}}
{{- define "service.tracks" -}}
- {name: {{ .Chart.Name }}, component: service}
{{- if .Values.canary.enabled }}
{{- if not .Values.public }}{{ fail (printf "%s can have no canary: only what the gateway calls can be given a share of the requests" .Chart.Name) }}{{ end }}
- {name: {{ .Chart.Name }}-canary, component: canary}
{{- end }}
{{- end }}

{{/* Pods of the service, its canary's included, as a selector of policies. */}}
{{- define "service.everyPod" -}}
{{- if .Values.public -}}
matchLabels: {app.kubernetes.io/name: {{ .Chart.Name }}}
matchExpressions: [{key: app.kubernetes.io/component, operator: In, values: [service, canary]}]
{{- else -}}
matchLabels: {{- include "service.selector" (dict "root" . "component" "service") | nindent 2 }}
{{- end }}
{{- end }}

{{/* Labels of everything but pods: what changes with each release would restart those. */}}
{{- define "service.labels" -}}
{{ include "service.podLabels" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* One of our images, by digest if there is one, else by tag: (dict "root" $ "name" "task" "image" .Values.image) */}}
{{- define "service.imageNamed" -}}
{{- $every := .root.Values.global.image -}}
{{- $name := printf "%s/%s" $every.registry .name -}}
{{- if .image.digest -}}
{{ printf "%s@%s" $name .image.digest }}
{{- else -}}
{{ printf "%s:%s" $name (required "global.image.tag, or image.digest of each service and of global.backup, says what to run" (.image.tag | default $every.tag)) }}
{{- end -}}
{{- end }}

{{- define "service.image" -}}
{{ include "service.imageNamed" (dict "root" . "name" .Chart.Name "image" .Values.image) }}
{{- end }}

{{/* What may be said of a container under Pod Security `restricted`, and a root nobody can write to. */}}
{{- define "service.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "service.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The database's address, put together from the login in its Secret. */}}
{{- define "service.databaseEnv" -}}
{{- $database := .Values.global.database -}}
{{- $login := printf "postgres-%s" .Chart.Name -}}
- name: DATABASE_USER
  valueFrom: {secretKeyRef: {name: {{ $login }}, key: username}}
- name: DATABASE_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $login }}, key: password}}
- name: TODO_DATABASE_URL
  value: postgresql+asyncpg://$(DATABASE_USER):$(DATABASE_PASSWORD)@{{ $database.host }}:{{ $database.port }}/{app}?ssl={{ $database.ssl }}
- {name: TODO_DATABASE_POOL, value: {{ .Values.databasePool | quote }}}
- {name: TODO_MIGRATE_ON_START, value: "false"}
{{- if $database.caSecret }}
- {name: PGSSLROOTCERT, value: /etc/postgres-ca/ca.crt}
{{- end }}
{{- end }}

{{- define "service.databaseMounts" -}}
{{- if .Values.global.database.caSecret }}
- {name: postgres-ca, mountPath: /etc/postgres-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "service.databaseVolumes" -}}
{{- with .Values.global.database.caSecret }}
- name: postgres-ca
  secret: {secretName: {{ . }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end }}

{{/* A container that brings the database to the schema of this release. */}}
{{- define "service.migrateContainer" -}}
name: migrate
image: {{ include "service.image" . }}
imagePullPolicy: {{ .Values.global.image.pullPolicy }}
command: [migrate, {{ .Chart.Name }}]
env: {{- include "service.databaseEnv" . | nindent 2 }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext: {{- include "service.containerSecurity" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- include "service.databaseMounts" . | nindent 2 }}
{{- end }}
