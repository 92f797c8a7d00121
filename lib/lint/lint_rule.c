#include <string.h>

#include "lint/lint.h"

const char *const gv_lint_severities[] = { "info", "warning", "error" };

/* By id. */
static const struct gv_lint_rule rules[] = {
	{ "ansible/missing", GV_LINT_ERROR,
	    "a role, task file, template or file of Ansible does not exist" },
	{ "ansible/no-hosts", GV_LINT_WARNING,
	    "a play names hosts that no inventory has" },
	{ "cert/expiry", GV_LINT_WARNING,
	    "a certificate has expired or expires soon" },
	{ "cfn/import", GV_LINT_INFO,
	    "a stack imports a value that no template here exports" },
	{ "cfn/mapping", GV_LINT_ERROR,
	    "a mapping, or a key that a parameter allows, does not exist" },
	{ "cfn/ref", GV_LINT_ERROR,
	    "a template refers to a name that it does not define" },
	{ "ci/extends", GV_LINT_ERROR,
	    "a pipeline job extends a job that does not exist" },
	{ "ci/needs", GV_LINT_ERROR,
	    "a pipeline job needs a job that does not exist" },
	{ "ci/secret", GV_LINT_INFO,
	    "a pipeline uses a secret for one environment only" },
	{ "ci/uses-local", GV_LINT_ERROR,
	    "a workflow uses a local action or file that does not exist" },
	{ "compose/env-file", GV_LINT_WARNING,
	    "a file that Compose reads variables from does not exist" },
	{ "compose/undefined", GV_LINT_ERROR,
	    "a service, volume, network, secret or config is not defined" },
	{ "compose/var-unset", GV_LINT_WARNING,
	    "a variable without a default is set in no env file" },
	{ "cycle", GV_LINT_ERROR,
	    "files or definitions depend on each other "
	    "in a circle" },
	{ "docker/stage", GV_LINT_ERROR,
	    "a Dockerfile copies from a stage that it does not define" },
	{ "env/cross", GV_LINT_WARNING,
	    "a file of one environment uses what is of another one" },
	{ "env/guard-weaker", GV_LINT_WARNING,
	    "a protection is weaker in production than before it" },
	{ "env/name-clash", GV_LINT_WARNING,
	    "two environments define one name that must be unique" },
	{ "flux/missing", GV_LINT_WARNING,
	    "a source or dependency of Flux is not defined" },
	{ "helm/dependency", GV_LINT_WARNING,
	    "a chart needs a chart that is not in the tree" },
	{ "helm/template", GV_LINT_ERROR,
	    "a template includes a name that the chart does not define" },
	{ "helm/value-missing", GV_LINT_WARNING,
	    "a template reads a value that has no default" },
	{ "helm/value-unused", GV_LINT_WARNING,
	    "no template reads a value that an environment sets" },
	{ "image/moved", GV_LINT_WARNING,
	    "one tag of an image has several digests" },
	{ "image/unpinned", GV_LINT_INFO,
	    "an image has no tag, or the tag latest" },
	{ "k8s/api-removed", GV_LINT_INFO,
	    "newer clusters do not have this version of an API" },
	{ "k8s/class", GV_LINT_INFO,
	    "a storage, ingress or priority class is not defined here" },
	{ "k8s/crd", GV_LINT_INFO,
	    "a custom kind is defined by nothing in the tree" },
	{ "k8s/dangling-ingress", GV_LINT_WARNING,
	    "a route sends to a Service that is not defined" },
	{ "k8s/dangling-service", GV_LINT_WARNING,
	    "a selector matches no pod template" },
	{ "k8s/hpa-target", GV_LINT_WARNING,
	    "an autoscaler scales a workload that is not defined" },
	{ "k8s/key-missing", GV_LINT_ERROR,
	    "a ConfigMap or Secret does not have the key that is read" },
	{ "k8s/missing-config", GV_LINT_WARNING,
	    "a ConfigMap, Secret, claim or account is not defined" },
	{ "k8s/namespace", GV_LINT_INFO,
	    "an object is in a namespace that is not defined" },
	{ "k8s/netpol", GV_LINT_WARNING,
	    "a network policy selects no pod template" },
	{ "k8s/port", GV_LINT_WARNING,
	    "a route sends to a port that the Service does not have" },
	{ "k8s/role-ref", GV_LINT_WARNING,
	    "a binding names a role that is not defined" },
	{ "kustomize/duplicate", GV_LINT_ERROR,
	    "a kustomization has one object twice" },
	{ "kustomize/patch-target", GV_LINT_ERROR,
	    "a patch matches no object" },
	{ "link/dangling", GV_LINT_WARNING,
	    "a symbolic link leads to nothing, or out of the repository" },
	{ "parse/error", GV_LINT_ERROR,
	    "a file cannot be read as what its "
	    "name says" },
	{ "path/filter-empty", GV_LINT_WARNING,
	    "a path filter of a workflow matches no file" },
	{ "placeholder", GV_LINT_WARNING,
	    "a placeholder is a value in production" },
	{ "policy/protected", GV_LINT_ERROR,
	    "a protected path is missing, or a push changes it" },
	{ "policy/required", GV_LINT_ERROR,
	    "a file or key that the policy requires is missing" },
	{ "policy/source", GV_LINT_ERROR,
	    "a module, chart, image or action has a source that the policy "
	    "does not allow" },
	{ "policy/version", GV_LINT_ERROR,
	    "a module, chart, image or action has a version that the policy "
	    "does not allow" },
	{ "pulumi/config", GV_LINT_WARNING,
	    "a stack does not set what another one sets" },
	{ "ref/case", GV_LINT_ERROR,
	    "a path differs from the file in letter case only" },
	{ "ref/disagree", GV_LINT_WARNING,
	    "a resource uploads one file and sums up another one" },
	{ "ref/ignored-file", GV_LINT_WARNING,
	    "a file that is needed is ignored and in no snapshot" },
	{ "ref/missing-file", GV_LINT_ERROR, "a named file does not exist" },
	{ "ref/outside", GV_LINT_WARNING,
	    "a path leaves the repository, so no backup has it" },
	{ "secret/clear-mixed", GV_LINT_WARNING,
	    "a secret is in clear where others are encrypted" },
	{ "secret/recipients", GV_LINT_WARNING,
	    "no rule of .sops.yaml matches an encrypted file" },
	{ "tf/backend-shared", GV_LINT_ERROR, "two stacks write one state" },
	{ "tf/module-version", GV_LINT_WARNING,
	    "a module has no version, or another one in each environment" },
	{ "tf/provider-alias", GV_LINT_WARNING,
	    "a provider alias is not defined" },
	{ "tf/provider-lock", GV_LINT_WARNING,
	    "the versions of providers are not locked" },
	{ "tf/remote-state", GV_LINT_INFO,
	    "a state is read that no stack here writes" },
	{ "tf/state-orphan", GV_LINT_WARNING,
	    "a state has resources that no code has" },
	{ "tf/undeclared", GV_LINT_ERROR,
	    "a local, resource, module or output is not defined" },
	{ "tf/undeclared-value", GV_LINT_WARNING,
	    "a value is set for a variable that is not declared" },
	{ "tf/undeclared-var", GV_LINT_ERROR,
	    "a variable or module argument is not declared" },
	{ "tf/unset-var", GV_LINT_WARNING,
	    "a variable without a default is set in one environment and not "
	    "in another" },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

const struct gv_lint_rule *
gv_lint_rules(size_t *n)
{
	*n = N_RULES;
	return rules;
}

const struct gv_lint_rule *
gv_lint_rule(const char *id)
{
	size_t from = 0, to = N_RULES, i;
	int order;

	while (from < to) {
		i = from + (to - from) / 2;
		order = strcmp(id, rules[i].id);
		if (order == 0)
			return &rules[i];
		if (order < 0)
			to = i;
		else
			from = i + 1;
	}
	return NULL;
}

bool
gv_lint_rule_is(const struct gv_lint_rule *rule, const char *name)
{
	const size_t n = strlen(name);

	return strcmp(name, "*") == 0 || strcmp(rule->id, name) == 0 ||
	    (strncmp(rule->id, name, n) == 0 && rule->id[n] == '/');
}
