{{/* Labels that tell the pods of one kind of one service: (dict "root" $ "component" "service") */}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "service.podLabels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/part-of: todo
{{- end }}

{{/* Labels of everything but pods: what changes with each release would restart those. */}}
{{- define "service.labels" -}}
{{ include "service.podLabels" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The image: by digest if there is one, else by tag. */}}
{{- define "service.image" -}}
{{- $image := .Values.global.image -}}
{{- $name := printf "%s/%s" $image.registry .Chart.Name -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" $name .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" $name (required "global.image.tag, or image.digest of each service, says what to run" $image.tag) }}
{{- end -}}
{{- end }}

{{/* The image that backs databases up: released with the services. */}}
{{- define "service.backupImage" -}}
{{- $image := .Values.global.image -}}
{{- with .Values.global.backup.image.digest -}}
{{ printf "%s/backup@%s" $image.registry . }}
{{- else -}}
{{ printf "%s/backup:%s" $image.registry (required "global.image.tag, or global.backup.image.digest, says what backs up" $image.tag) }}
{{- end -}}
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
