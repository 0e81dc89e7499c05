{{/*
Lets pods reach the API server: as a rule of their network policy, or, where Cilium is to say who that is, as a policy
of Cilium's beside it. An ipBlock of Kubernetes' own policies selects neither the nodes of the cluster nor the API
server behind them (policy-cidr-match-mode), and a control plane of several machines is reached through a proxy on
the pod's own node. charts/data has a link to this file.
*/}}

{{/* A rule of egress: `network.kubernetesApi` of the values. */}}
{{- define "kubernetesApi.allow" -}}
{{- if not .cilium -}}
- to: {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* (dict "api" <network.kubernetesApi> "name" "…" "labels" "…" "selector" (dict …)) */}}
{{- define "kubernetesApi.ciliumPolicy" -}}
{{- if .api.cilium }}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: {{ .name }}-kubernetes-api
  labels: {{- .labels | nindent 4 }}
spec:
  endpointSelector: {{ toJson .selector }}
  egress:
    - toEntities: [kube-apiserver, host, remote-node]
      toPorts:
        - ports:
            {{- range .api.ports }}
            - {port: {{ . | quote }}, protocol: TCP}
            {{- end }}
{{- end }}
{{- end }}
