#include "infra/kubeapi.h"

#include <stddef.h>
#include <string.h>

static const struct gv_kubeapi removed[] = {
	{ "extensions/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1" },
	{ "extensions/v1beta1", "PodSecurityPolicy", "1.16", NULL },
	{ "extensions/v1beta1", "NetworkPolicy", "1.16",
	    "networking.k8s.io/v1" },
	{ "extensions/v1beta1", NULL, "1.16", "apps/v1" },
	{ "apps/v1beta1", NULL, "1.16", "apps/v1" },
	{ "apps/v1beta2", NULL, "1.16", "apps/v1" },
	{ "networking.k8s.io/v1beta1", "Ingress", "1.22",
	    "networking.k8s.io/v1" },
	{ "networking.k8s.io/v1beta1", "IngressClass", "1.22",
	    "networking.k8s.io/v1" },
	{ "rbac.authorization.k8s.io/v1alpha1", NULL, "1.22",
	    "rbac.authorization.k8s.io/v1" },
	{ "rbac.authorization.k8s.io/v1beta1", NULL, "1.22",
	    "rbac.authorization.k8s.io/v1" },
	{ "apiextensions.k8s.io/v1beta1", NULL, "1.22",
	    "apiextensions.k8s.io/v1" },
	{ "admissionregistration.k8s.io/v1beta1",
	    "ValidatingWebhookConfiguration", "1.22",
	    "admissionregistration.k8s.io/v1" },
	{ "admissionregistration.k8s.io/v1beta1",
	    "MutatingWebhookConfiguration", "1.22",
	    "admissionregistration.k8s.io/v1" },
	{ "scheduling.k8s.io/v1beta1", NULL, "1.22", "scheduling.k8s.io/v1" },
	{ "batch/v1beta1", "CronJob", "1.25", "batch/v1" },
	{ "batch/v2alpha1", NULL, "1.21", "batch/v1" },
	{ "policy/v1beta1", "PodDisruptionBudget", "1.25", "policy/v1" },
	{ "policy/v1beta1", "PodSecurityPolicy", "1.25", NULL },
	{ "autoscaling/v2beta1", NULL, "1.25", "autoscaling/v2" },
	{ "autoscaling/v2beta2", NULL, "1.26", "autoscaling/v2" },
	{ "discovery.k8s.io/v1beta1", NULL, "1.25", "discovery.k8s.io/v1" },
	{ "flowcontrol.apiserver.k8s.io/v1beta1", NULL, "1.26",
	    "flowcontrol.apiserver.k8s.io/v1" },
	{ "flowcontrol.apiserver.k8s.io/v1beta2", NULL, "1.29",
	    "flowcontrol.apiserver.k8s.io/v1" },
};

const struct gv_kubeapi *
gv_kubeapi_removed(const char *api, const char *kind)
{
	size_t i;

	for (i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		if (strcmp(removed[i].api, api) == 0 &&
		    (removed[i].kind == NULL ||
			strcmp(removed[i].kind, kind) == 0))
			return &removed[i];
	return NULL;
}
