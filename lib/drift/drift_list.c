#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "drift/drift_internal.h"
#include "drift/meaning.h"

/*
 * What makes an element of a list the same in another list: its position where
 * order means everything (arguments, rules of which the first match wins), the
 * value where it means nothing, else a name.
 */

#define ELEMENTS_MAX 4096 /* of a list whose names are compared */

static bool
is_any(const char *p, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, p, len) == 0)
			return true;
	return false;
}

static bool
ends(const char *p, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len >= n && memcmp(p + len - n, end, n) == 0;
}

enum gv_drift_kind
gv_drift_list_kind(const struct gv_buf *path, enum gv_doc_format format)
{
	static const char *const sequences[] = { "args", "arg", "command",
		"cmd", "entrypoint", "steps", "script", "before_script",
		"after_script", "rules", "paths", "commands", "tasks", "roles",
		"ingress_rules", "egress_rules", "cors", "corsRules", "CMD",
		"ENTRYPOINT", "RUN", "test", "stages", "middlewares",
		"locations", "provisioner", "processors", "filters", NULL };
	static const char *const sets[] = { "cidrs", "tags", "hosts",
		"hostnames", "groups", "depends_on", "dependsOn", "azs",
		"zones", "subnets", "domains", "sans", "users", "members",
		"regions", "availability_zones", "security_groups", "labels",
		"resources", "finalizers", "namespaces", "recipients",
		"targets", "scopes", NULL };
	size_t n;
	const char *p = gv_meaning_last(&n, path->p, path->len);

	if (format == GV_DOC_FORMAT_DOCKERFILE)
		return GV_DRIFT_SEQUENCE;
	if (is_any(p, n, sequences))
		return GV_DRIFT_SEQUENCE;
	if (is_any(p, n, sets) || ends(p, n, "_cidrs") ||
	    ends(p, n, "cidr_blocks") || ends(p, n, "_ids") ||
	    ends(p, n, "_names") || ends(p, n, "_tags") ||
	    ends(p, n, "_groups") || ends(p, n, "_hosts") ||
	    ends(p, n, "Names") || ends(p, n, "Ranges") ||
	    ends(p, n, "_zones") || ends(p, n, "_arns") ||
	    ends(p, n, "_domains") || ends(p, n, "Cidrs") ||
	    ends(p, n, "CIDRs") || ends(p, n, "_subnets"))
		return GV_DRIFT_SET;
	return GV_DRIFT_LIST;
}

/* Whether every element has this key, and no two the same: 1, else 0, or
 * GV_ENOMEM. */
static int
is_identity(const struct gv_doc *doc, uint32_t list, const char *key)
{
	struct gv_map seen = GV_MAP_INIT;
	struct gv_arena texts = GV_ARENA_INIT;
	struct gv_buf text = GV_BUF_INIT;
	const char *copy;
	uint32_t i, value;
	bool is = true;
	size_t n = 0;
	int r = 0;

	for (i = gv_doc_first(doc, list); r == 0 && is && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		value = gv_doc_get(doc, gv_doc_follow(doc, i), key);
		is = value != GV_DOC_NONE &&
		    doc->nodes[value].kind == GV_DOC_SCALAR &&
		    ++n <= ELEMENTS_MAX;
		if (!is)
			break;
		gv_buf_reset(&text);
		gv_doc_text(&text, doc, value);
		copy = gv_arena_copy(&texts, text.p, text.len);
		if (copy == NULL || text.failed)
			r = gv_err_nomem();
		else if (text.len == 0 || gv_map_get(&seen, copy, text.len))
			is = false;
		else
			r = gv_map_put(&seen, copy, text.len, &seen);
	}
	gv_map_release(&seen);
	gv_arena_release(&texts);
	gv_buf_release(&text);
	return r < 0 ? r : is;
}

int
gv_drift_list_identity(
    const char **out, const struct gv_doc *doc, uint32_t list)
{
	static const char *const keys[] = { "name", "id", "key", "mountPath",
		"containerPort", "port", "type", NULL };
	size_t i;
	int r = 0;

	*out = NULL;
	for (i = 0; r == 0 && keys[i]; i++)
		if ((r = is_identity(doc, list, keys[i])) > 0)
			*out = keys[i];
	return r < 0 ? r : 0;
}
