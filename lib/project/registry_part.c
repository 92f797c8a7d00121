#include "project/registry_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "project/project.h"

/* Whether the project has a part of that name. */
static int
has_part(bool *has, const struct gv_registry *reg,
    const struct gv_registered *one, const char *part)
{
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_project project = { .name = NULL };
	int is_said = gv_registry_policy(&policy, one->path), r = is_said;
	size_t i;

	*has = false;
	if (r < 0)
		return r;
	r = gv_project_describe(&project,
	    &(struct gv_project_facts){ .config = &reg->config,
		.path = one->key,
		.said = is_said ? &policy.project : NULL });
	for (i = 0; r == 0 && i < project.n_parts; i++)
		*has |= strcmp(project.parts[i], part) == 0;
	gv_project_release(&project);
	if (is_said)
		gv_policy_release(&policy);
	return r;
}

/* A folder may have slashes, and so may the name of a project. */
int
gv_registry_find_part(const struct gv_registered **out, const char **part,
    const struct gv_registry *registry, const char *name)
{
	const int r = gv_registry_find(out, registry, name);
	const char *slash = strchr(name, '/');
	char *before;

	*part = NULL;
	if (r != GV_ENOTFOUND)
		return r;
	before = gv_err_save();
	for (; slash; slash = strchr(slash + 1, '/')) {
		char *whole = strndup(name, (size_t)(slash - name));
		bool has = false;
		int found = whole ? gv_registry_find(out, registry, whole)
				  : gv_err_nomem();

		free(whole);
		if (found == 0 && !(*out)->is_gone)
			found = has_part(&has, registry, *out, slash + 1);
		if (found == GV_ENOMEM || (found == 0 && has)) {
			*part = has ? slash + 1 : NULL;
			return gv_err_settle(found, before);
		}
	}
	*out = NULL;
	gv_err_restore(before);
	return r;
}
