{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- define "netledger.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "netledger.selector" -}}
app.kubernetes.io/name: netledger
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "netledger.labels" -}}
{{ include "netledger.selector" . }}
{{ include "netledger.chart" .root }}
{{- end -}}

{{- define "netledger.chart" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "netledger.image" -}}
{{ .root.Values.imagePrefix }}{{ .image.name }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{- define "netledger.placement" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "netledger.scheme" -}}
{{- ternary "https" "http" .Values.tls.enabled -}}
{{- end -}}

{{- /* The port of a listen address: what follows its last colon. */ -}}
{{- define "netledger.port" -}}
{{- regexFind "[0-9]+$" . -}}
{{- end -}}
