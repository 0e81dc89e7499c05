{{/* Rules of network policies. Ports are those of the pods: policies look behind a Service. */}}

{{- define "service.allowDns" -}}
{{- with .Values.global.network.dns -}}
- to: {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* (dict "peers" … "ports" …) */}}
{{- define "service.allowTo" -}}
- to: {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{- define "service.allowDatabase" -}}
{{- with .Values.global.database -}}
{{ include "service.allowTo" (dict "peers" .peers "ports" (list .port)) }}
{{- end }}
{{- end }}

{{/* The pods of some services: (dict "names" …) */}}
{{- define "service.pods" -}}
- podSelector:
    matchExpressions:
      - {key: app.kubernetes.io/name, operator: In, values: {{ toJson .names }}}
      - {key: app.kubernetes.io/component, operator: In, values: [service, canary]}
{{- end }}
