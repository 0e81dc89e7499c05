{{- define "todo.labels" -}}
app.kubernetes.io/name: todo
app.kubernetes.io/part-of: todo
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
{{- /* Nothing, where the frontend takes what is asked of it by the host's name. */ -}}
{{- define "todo.checkHost" -}}
{{- $allowed := .Values.frontend.env.TODO_ALLOWED_HOSTS | default "" | lower | nospace }}
{{- if and $allowed (not (has (lower .Values.host) (splitList "," $allowed))) }}
{{- fail (printf "frontend.env.TODO_ALLOWED_HOSTS is %q without %s, which is `host`: everybody would be refused" $allowed .Values.host) }}
{{- end }}
{{- end }}
