#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "infra/envtree.h"

/* Paths, one a line, the first of which the policy names: each verdict lies in
 * its path, and asking for a path gives what the list has. */

#define MAX_PATHS 4096

static int
check(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct gv_envtree_verdict again;

	must(v->at + v->len <= v->end && v->end <= path->len);
	must(v->env == NULL || v->rule != GV_ENVTREE_NONE);
	must(v->shared <= v->total);
	must(gv_envtree_of(&again, ctx, path->p, path->len) == 0);
	must(again.env == v->env && again.rule == v->rule);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct gv_envtree_path paths[MAX_PATHS];
	const char *p = (const char *)data, *end = p + len, *stop;
	struct gv_envtree_said said = { .name = "prod", .line = 1 };
	char first[64] = "x";
	const char *list[] = { first };
	struct gv_envtree *tree;
	struct gv_envtree_verdict v;
	size_t n = 0;

	while (p < end && n < MAX_PATHS) {
		stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		paths[n++] = (struct gv_envtree_path){ p, (size_t)(stop - p) };
		p = stop + 1;
	}
	if (n && paths[0].len < sizeof(first) &&
	    memchr(paths[0].p, '\0', paths[0].len) == NULL) {
		memcpy(first, paths[0].p, paths[0].len);
		first[paths[0].len] = '\0';
		said.paths = said.aliases = (struct gv_envtree_list){ list, 1 };
	}
	if (gv_envtree_new(&tree, paths, n, &said, 1) < 0)
		return 0;
	gv_envtree_each(tree, check, tree);
	must(gv_envtree_of(&v, tree, "live/prod/x-dev.tf", 18) == 0);
	gv_envtree_free(tree);
	return 0;
}
