/*
 * Any bytes as YAML and as a policy: read without going astray, all nodes
 * within the bounds that are promised.
 */
#include "fuzz.h"

#include "base/err.h"
#include "config/policy.h"
#include "format/yaml.h"

static size_t
walk(const struct gv_yaml_node *node, unsigned depth)
{
	size_t i, n = 1;

	if (node == NULL)
		return 0;
	if (depth > GV_YAML_MAX_DEPTH + 1 || node->line == 0)
		abort();
	if (node->kind == GV_YAML_SCALAR && strlen(node->text) != node->len)
		abort();
	for (i = 0; i < node->n; i++) {
		if (node->kind == GV_YAML_MAP) {
			if (gv_yaml_get(node, node->keys[i]->text) !=
			    node->values[i])
				abort();
			n++;
		}
		n += walk(node->values[i], depth + 1);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_policy policy;
	struct gv_yaml *yaml;

	if (gv_yaml_parse(&yaml, "f", (const char *)data, len) == 0) {
		/* up to here a map's look-ups are quadratic */
		if (len < 4096 &&
		    walk(gv_yaml_root(yaml), 0) > GV_YAML_MAX_NODES)
			abort();
		gv_yaml_free(yaml);
	} else if (*gv_err_message() == '\0') {
		abort();
	}
	if (gv_policy_parse(&policy, "f", (const char *)data, len) == 0)
		gv_policy_release(&policy);
	return 0;
}
