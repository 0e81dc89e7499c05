{{/*
A container that runs `backup`:
(dict "root" $ "command" (list …) "database" true "events" true "recipients" true "identity" true "scratch" true), each
if it is to have it.
*/}}
{{- define "service.backupContainer" -}}
{{- $backup := .root.Values.global.backup -}}
{{- $database := .root.Values.global.database -}}
{{- $login := printf "postgres-%s" .root.Chart.Name -}}
name: backup
image: {{ include "service.imageNamed" (dict "root" .root "name" "backup" "image" $backup.image) }}
imagePullPolicy: {{ .root.Values.global.image.pullPolicy }}
command: {{ toJson .command }}
env:
  - {name: PGDATABASE, value: {{ .root.Chart.Name }}}
  {{- if .database }}
  - {name: PGHOST, value: {{ $database.host }}}
  - {name: PGPORT, value: {{ $database.port | quote }}}
  - name: PGUSER
    valueFrom: {secretKeyRef: {name: {{ $login }}, key: username}}
  - name: PGPASSWORD
    valueFrom: {secretKeyRef: {name: {{ $login }}, key: password}}
  - {name: PGSSLMODE, value: {{ $database.ssl }}}
  {{- if $database.caSecret }}
  - {name: PGSSLROOTCERT, value: /etc/postgres-ca/ca.crt}
  {{- end }}
  {{- end }}
  {{- if .events }}
  {{- range include "service.kafkaEnv" .root | fromYamlArray }}
  - {name: {{ .name }}, value: {{ .value | quote }}}
  {{- end }}
  {{- range include "service.kafkaSecretEnv" .root | fromYamlArray }}
  - name: {{ .name }}
    valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
  {{- end }}
  {{- end }}
  - {name: BACKUP_STORE_ENDPOINT, value: {{ $backup.store.endpoint | quote }}}
  - {name: BACKUP_STORE_REGION, value: {{ $backup.store.region | quote }}}
  - {name: BACKUP_STORE_BUCKET, value: {{ $backup.store.bucket | quote }}}
  - name: BACKUP_STORE_ACCESS_KEY
    valueFrom: {secretKeyRef: {name: backup-store, key: access_key}}
  - name: BACKUP_STORE_SECRET_KEY
    valueFrom: {secretKeyRef: {name: backup-store, key: secret_key}}
  {{- if .recipients }}
  - name: BACKUP_RECIPIENTS
    valueFrom: {secretKeyRef: {name: backup-recipients, key: recipients}}
  {{- end }}
  {{- if .identity }}
  - {name: BACKUP_IDENTITY_FILE, value: /etc/backup/identity}
  {{- end }}
resources: {{- toYaml $backup.resources | nindent 2 }}
securityContext: {{- include "service.containerSecurity" .root | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .scratch }}
  - {name: scratch, mountPath: /scratch}
  {{- end }}
  {{- if .identity }}
  - {name: identity, mountPath: /etc/backup, readOnly: true}
  {{- end }}
  {{- if .database }}
  {{- include "service.databaseMounts" .root | nindent 2 }}
  {{- end }}
{{- end }}
