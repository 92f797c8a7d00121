#include <string.h>

#include "base/err.h"
#include "image/image.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"

/* Which changes of a tree may be changes of configuration. */

static bool
is_config(const char *path)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json", ".toml",
		".tfvars", ".tf", ".properties", ".local" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const size_t len = strlen(name);
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (len >= n && strcmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return strncmp(name, ".env", 4) == 0;
}

static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	(void)ctx;
	(void)len;
	(void)a;
	(void)b;
	return is_config(path) ? GV_ECANCELED : 0;
}

bool
gv_image_differs(
    struct gv_repo *repo, const struct gv_oid *a, const struct gv_oid *b)
{
	struct gv_odb *odb;

	/* what cannot be compared may have changed */
	return gv_repo_odb(repo, &odb) < 0 ||
	    gv_tree_diff(odb, a, b, look, NULL) < 0;
}
