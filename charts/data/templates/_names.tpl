{{/* (dict "root" $ "name" "redis") */}}
{{- define "data.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: todo-data
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
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

{{- define "data.allowKubernetesApi" -}}
{{- with .Values.network.kubernetesApi -}}
- to: {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
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
