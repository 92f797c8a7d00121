/* lib/symbol/symbol_k8s: objects, and what they name. */
#include "unit.h"

#include "symbol_told.h"

static void
objects_are_definitions(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
	    "  namespace: n\ndata:\n  x.conf: image\n  \"y z\": secretName\n"
	    "---\n# none\n---\napiVersion: v1\nkind: Namespace\n"
	    "metadata: {name: n}\n---\nversion: \"3\"\nkind: x\n",
	    "1 k8s.object ConfigMap/a[n]\n"
	    "1 ConfigMap/a> =k8s.api v1=ConfigMap\n"
	    "5 ConfigMap/a> k8s.namespace k8s.object:Namespace/n\n"
	    "7 ConfigMap/a> k8s.key ConfigMap/a#x.conf[n]\n"
	    "8 ConfigMap/a> k8s.key ConfigMap/a#y z[n]\n"
	    "12 k8s.object Namespace/n\n"
	    "12 Namespace/n> =k8s.api v1=Namespace\n");
	/* JSON, lists, names that are made up by the cluster */
	assert_symbols("a.json",
	    "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n"
	    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\":\n"
	    "{\"generateName\": \"p-\"}, \"spec\": {\"containers\": [\n"
	    "{\"image\": \"h:5000/a/b:1\"}]}}]}",
	    "2 k8s.object Pod/p-* ~\n"
	    "2 Pod/p-*> =k8s.api v1=Pod\n"
	    "4 Pod/p-*> k8s.image @image:h:5000/a/b=1\n");
	/* a configuration that is no object still names images */
	assert_symbols("kind.yaml",
	    "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n"
	    "- image: kindest/node:v1\n",
	    "4 k8s.image @image:kindest/node=v1\n");
}

static void
pods_name_what_they_need(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\n"
	    "spec:\n  template:\n    metadata:\n      labels:\n"
	    "        tier: b\n        app: a\n    spec:\n"
	    "      serviceAccountName: sa\n      imagePullSecrets:\n"
	    "      - name: reg\n      priorityClassName: high\n"
	    "      initContainers:\n      - image: i@sha256:aa\n"
	    "      containers:\n      - image: c\n        envFrom:\n"
	    "        - configMapRef:\n            name: cm\n"
	    "        - secretRef: {name: s, optional: true}\n"
	    "        env:\n        - name: X\n          valueFrom:\n"
	    "            secretKeyRef:\n              name: db\n"
	    "              key: password\n      volumes:\n"
	    "      - name: a\n        secret:\n          secretName: vs\n"
	    "          items:\n          - key: k1\n          - key: k2\n"
	    "      - name: b\n        projected:\n          sources:\n"
	    "          - configMap: {name: kube-root-ca.crt}\n"
	    "          - secret: {name: ps}\n"
	    "      - name: c\n        persistentVolumeClaim:\n"
	    "          claimName: data\n",
	    "1 k8s.object Deployment/w\n"
	    "1 Deployment/w> =k8s.api apps/v1=Deployment\n"
	    "11 Deployment/w> k8s.account k8s.object:ServiceAccount/sa\n"
	    "13 Deployment/w> k8s.secret k8s.object:Secret/reg\n"
	    "14 Deployment/w> k8s.class k8s.object:PriorityClass/high ...\n"
	    "16 Deployment/w> k8s.image @image:i=@sha256:aa\n"
	    "7 Deployment/w> k8s.pods Deployment/w=app=a,tier=b\n"
	    "18 Deployment/w> k8s.image @image:c\n"
	    "21 Deployment/w> k8s.config k8s.object:ConfigMap/cm\n"
	    "22 Deployment/w> k8s.secret k8s.object:Secret/s ?\n"
	    "27 Deployment/w> k8s.secret k8s.object:Secret/db=password\n"
	    "32 Deployment/w> k8s.secret k8s.object:Secret/vs=k1,k2\n"
	    "39 Deployment/w> k8s.config "
	    "k8s.object:ConfigMap/kube-root-ca.crt ...\n"
	    "40 Deployment/w> k8s.secret k8s.object:Secret/ps\n"
	    "43 Deployment/w> k8s.volume "
	    "k8s.object:PersistentVolumeClaim/data\n");
}

static void
pods_are_found_in_all_kinds(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\n"
	    "spec:\n  jobTemplate:\n    spec:\n      template:\n"
	    "        metadata: {labels: {job: c}}\n        spec:\n"
	    "          serviceAccountName: default\n"
	    "          containers: [{image: a:1}]\n"
	    "---\napiVersion: apps/v1\nkind: StatefulSet\n"
	    "metadata: {name: db}\nspec:\n  serviceName: db\n"
	    "  volumeClaimTemplates:\n  - metadata: {name: data}\n"
	    "    spec: {storageClassName: fast}\n",
	    "1 k8s.object CronJob/c\n"
	    "1 CronJob/c> =k8s.api batch/v1=CronJob\n"
	    "8 CronJob/c> k8s.pods CronJob/c=job=c\n"
	    "11 CronJob/c> k8s.image @image:a=1\n"
	    "13 k8s.object StatefulSet/db\n"
	    "13 StatefulSet/db> =k8s.api apps/v1=StatefulSet\n"
	    "17 StatefulSet/db> k8s.backend k8s.object:Service/db\n"
	    "19 StatefulSet/db> k8s.object "
	    "PersistentVolumeClaim/data-db-* ~\n"
	    "20 StatefulSet/db> k8s.class k8s.object:StorageClass/fast ...\n");
}

static void
services_select_pods_and_have_ports(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
	    "  selector: {b: '2', a: '1'}\n  ports:\n"
	    "  - {name: http, port: 80, targetPort: 8080}\n"
	    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
	    "metadata: {name: p}\nspec:\n  podSelector:\n"
	    "    matchLabels: {a: '1'}\n  ingress:\n  - from:\n"
	    "    - podSelector: {matchLabels: {c: '3'}}\n"
	    "      namespaceSelector: {}\n    - podSelector: {}\n",
	    "1 k8s.object Service/s\n"
	    "1 Service/s> =k8s.api v1=Service\n"
	    "5 Service/s> k8s.selector k8s.pods:{a=1,b=2}\n"
	    "7 Service/s> k8s.port Service/s#http\n"
	    "7 Service/s> k8s.port Service/s#80\n"
	    "9 k8s.object NetworkPolicy/p\n"
	    "9 NetworkPolicy/p> =k8s.api "
	    "networking.k8s.io/v1=NetworkPolicy\n"
	    "14 NetworkPolicy/p> k8s.selector k8s.pods:{a=1}\n"
	    "17 NetworkPolicy/p> k8s.selector k8s.pods:{c=3}[*]\n");
	/* a Service of Knative selects nothing */
	assert_symbols("k.yaml",
	    "apiVersion: serving.knative.dev/v1\nkind: Service\n"
	    "metadata: {name: s}\nspec: {selector: {a: b}}\n",
	    "1 k8s.object Service/s\n"
	    "1 Service/s> =k8s.api serving.knative.dev/v1=Service\n");
}

static void
routes_name_their_services(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
	    "metadata:\n  name: i\n  annotations:\n"
	    "    cert-manager.io/cluster-issuer: le\nspec:\n"
	    "  tls:\n  - secretName: tls\n  rules:\n  - http:\n"
	    "      paths:\n      - backend:\n          service:\n"
	    "            name: a\n            port: {number: 80}\n"
	    "      - backend: {serviceName: b, servicePort: http}\n"
	    "---\napiVersion: gateway.networking.k8s.io/v1\n"
	    "kind: HTTPRoute\nmetadata: {name: r, namespace: n}\nspec:\n"
	    "  rules:\n  - backendRefs:\n"
	    "    - {name: c, port: 90, namespace: other}\n",
	    "1 k8s.object Ingress/i\n"
	    "1 Ingress/i> =k8s.api networking.k8s.io/v1=Ingress\n"
	    "9 Ingress/i> k8s.secret k8s.object:Secret/tls ...\n"
	    "15 Ingress/i> k8s.backend k8s.object:Service/a=80\n"
	    "17 Ingress/i> k8s.backend k8s.object:Service/b=http\n"
	    "19 k8s.object HTTPRoute/r[n]\n"
	    "19 HTTPRoute/r> =k8s.api "
	    "gateway.networking.k8s.io/v1=HTTPRoute\n"
	    "21 HTTPRoute/r> k8s.namespace k8s.object:Namespace/n\n"
	    "25 HTTPRoute/r> k8s.backend k8s.object:Service/c[other]=90\n");
	assert_symbols("v.yaml",
	    "apiVersion: networking.istio.io/v1\nkind: VirtualService\n"
	    "metadata: {name: v}\nspec:\n  http:\n  - route:\n"
	    "    - destination:\n        host: a\n        port: {number: 80}\n"
	    "    - destination: {host: b.n.svc.cluster.local}\n"
	    "    - destination: {host: example.org}\n",
	    "1 k8s.object VirtualService/v\n"
	    "1 VirtualService/v> =k8s.api "
	    "networking.istio.io/v1=VirtualService\n"
	    "8 VirtualService/v> k8s.backend k8s.object:Service/a=80 ...\n"
	    "10 VirtualService/v> k8s.backend k8s.object:Service/b[n] ...\n"
	    "11 =placeholder spec.http[0].route[2].destination.host="
	    "example.org\n");
}

static void
roles_and_scales_name_objects(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: rbac.authorization.k8s.io/v1\n"
	    "kind: ClusterRoleBinding\nmetadata: {name: b}\n"
	    "roleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects:\n"
	    "- {kind: ServiceAccount, name: sa, namespace: n}\n"
	    "- {kind: User, name: jane}\n"
	    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	    "metadata: {name: h}\nspec:\n  scaleTargetRef:\n"
	    "    kind: StatefulSet\n    name: db\n",
	    "1 k8s.object ClusterRoleBinding/b\n"
	    "1 ClusterRoleBinding/b> =k8s.api "
	    "rbac.authorization.k8s.io/v1=ClusterRoleBinding\n"
	    "4 ClusterRoleBinding/b> k8s.role "
	    "k8s.object:ClusterRole/cluster-admin ...\n"
	    "6 ClusterRoleBinding/b> k8s.role "
	    "k8s.object:ServiceAccount/sa[n]\n"
	    "9 k8s.object HorizontalPodAutoscaler/h\n"
	    "9 HorizontalPodAutoscaler/h> =k8s.api "
	    "autoscaling/v2=HorizontalPodAutoscaler\n"
	    "15 HorizontalPodAutoscaler/h> k8s.scale "
	    "k8s.object:StatefulSet/db\n");
}

static void
operators_make_secrets(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
	    "metadata: {name: e}\nspec:\n"
	    "  secretStoreRef: {kind: ClusterSecretStore, name: op}\n"
	    "  target:\n    name: db\n  data:\n  - secretKey: password\n"
	    "---\napiVersion: cert-manager.io/v1\nkind: Certificate\n"
	    "metadata: {name: c, namespace: n}\nspec:\n  secretName: tls\n"
	    "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
	    "metadata: {name: s}\nspec: {encryptedData: {k: AgB}}\n",
	    "1 k8s.object ExternalSecret/e\n"
	    "1 ExternalSecret/e> =k8s.api "
	    "external-secrets.io/v1=ExternalSecret\n"
	    "7 ExternalSecret/e> k8s.object Secret/db\n"
	    "9 ExternalSecret/e> k8s.key Secret/db#password\n"
	    "5 ExternalSecret/e> k8s.ref "
	    "k8s.object:ClusterSecretStore/op ...\n"
	    "11 k8s.object Certificate/c[n]\n"
	    "11 Certificate/c> =k8s.api cert-manager.io/v1=Certificate\n"
	    "13 Certificate/c> k8s.namespace k8s.object:Namespace/n\n"
	    "15 Certificate/c> k8s.object Secret/tls[n]\n"
	    "15 Certificate/c> k8s.key Secret/tls#*[n] ~\n"
	    "17 k8s.object SealedSecret/s\n"
	    "17 SealedSecret/s> =k8s.api bitnami.com/v1alpha1=SealedSecret\n"
	    "17 SealedSecret/s> k8s.object Secret/s\n"
	    "20 SealedSecret/s> k8s.key Secret/s#k\n");
}

static void
templates_are_patterns(void **state)
{
	(void)state;
	assert_symbols("c/templates/a.yaml",
	    "{{- if .Values.x }}\napiVersion: apps/v1\nkind: Deployment\n"
	    "metadata:\n  name: {{ include \"c.fullname\" . }}-web\n"
	    "  namespace: {{ .Release.Namespace }}\n"
	    "  labels:\n    {{- include \"c.labels\" . | nindent 4 }}\n"
	    "spec:\n  template:\n    metadata:\n      labels:\n"
	    "        {{- include \"c.sel\" . | nindent 8 }}\n"
	    "        tier: web\n    spec:\n      containers:\n"
	    "      - image: \"{{ .Values.i.r }}:{{ .Values.i.t }}\"\n"
	    "        envFrom:\n        - secretRef:\n"
	    "            name: {{ if .Values.s }}a{{ else }}b{{ end }}\n"
	    "{{- end }}\n",
	    "1 helm.value helm.value:x ?\n"
	    "5 helm.template helm.template:c.fullname\n"
	    "8 helm.template helm.template:c.labels\n"
	    "13 helm.template helm.template:c.sel\n"
	    "17 helm.value helm.value:i.r ?\n"
	    "17 helm.value helm.value:i.t ?\n"
	    "20 helm.value helm.value:s ?\n"
	    "2 k8s.object Deployment/*-web ~\n"
	    "2 Deployment/*-web> =k8s.api apps/v1=Deployment\n"
	    "12 Deployment/*-web> k8s.pods Deployment/*-web=tier=web,{{c.sel}} ~\n"
	    "17 Deployment/*-web> k8s.image @image:*=* ~\n"
	    "20 Deployment/*-web> k8s.secret k8s.object:Secret/* ~\n");
}

UNIT(symbol_k8s)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_definitions),
		cmocka_unit_test(pods_name_what_they_need),
		cmocka_unit_test(pods_are_found_in_all_kinds),
		cmocka_unit_test(services_select_pods_and_have_ports),
		cmocka_unit_test(routes_name_their_services),
		cmocka_unit_test(roles_and_scales_name_objects),
		cmocka_unit_test(operators_make_secrets),
		cmocka_unit_test(templates_are_patterns),
	};

	return UNIT_RUN(tests);
}
