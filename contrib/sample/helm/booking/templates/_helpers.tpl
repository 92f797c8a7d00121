{{- define "booking.name" -}}
{{- printf "%s-%s" .Chart.Name .Values.environment | trunc 63 -}}
{{- end -}}

{{- define "booking.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
