#include "git-vault/restore/restore_as.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "plan/plan.h"
#include "repo/repo.h"

#define LITERAL ":(top,literal)" /* before a path of git's */

int
gv_restore_as_begin(struct gv_restore_as *as, struct gv_ctx *ctx,
    const char *from, const char *to)
{
	struct gv_envmap *map;
	size_t i;
	int r;

	if (to == NULL)
		return 0;
	if (!gv_plan_is_environment(to))
		return gv_err(GV_EUSAGE,
		    "'%.64s' cannot name an environment: a name has letters, "
		    "digits, '.', '-' and '_'",
		    to);
	if (strcmp(from, to) == 0)
		return gv_err(GV_EUSAGE,
		    "the files of %s would be restored as those of %s: "
		    "without --as they are",
		    from, to);
	gv_sister_begin(&as->own, from, to);
	as->move = &as->own;
	if ((r = gv_envmap_load(&map, ctx->repo)) < 0)
		return r;
	for (i = 0; r == 0 && i < map->n; i++)
		r = gv_sister_learn(
		    &as->own, map->paths[i].p, map->paths[i].len);
	gv_envmap_free(map);
	return r;
}

void
gv_restore_as_release(struct gv_restore_as *as)
{
	if (as->move)
		gv_sister_release(&as->own);
	gv_arena_release(&as->arena);
}

static char **
make_list(struct gv_restore_as *as, char *const *like)
{
	size_t n = 0;
	char **list;

	while (like[n])
		n++;
	list = gv_arena_alloc(&as->arena, (n + 1) * sizeof(*list));
	if (list)
		list[n] = NULL;
	return list;
}

/* A path from the top of the working tree; the environment may be in the
 * folders above the one that the user is in. */
static int
add_path(struct gv_buf *out, const struct gv_ctx *ctx, const char *path)
{
	const size_t n = strlen(LITERAL);

	gv_buf_addstr(out, LITERAL);
	if (strncmp(path, LITERAL, n) == 0) {
		gv_buf_addstr(out, path + n);
		return gv_buf_check(out);
	}
	if (*path == ':' || strpbrk(path, "*?["))
		return gv_err(GV_EUSAGE,
		    "with --as, '%.64s' has to be the path of a file or folder",
		    path);
	gv_buf_addf(out, "%s%s", ctx->repo->prefix, path);
	return gv_buf_check(out);
}

int
gv_restore_as_paths(
    struct gv_restore_as *as, const struct gv_ctx *ctx, char ***paths)
{
	struct gv_buf spec = GV_BUF_INIT;
	char **from = *paths;
	size_t i;
	int r = 0;

	if (as->move == NULL)
		return 0;
	if ((as->paths = make_list(as, from)) == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && from[i]; i++) {
		gv_buf_reset(&spec);
		if ((r = add_path(&spec, ctx, from[i])) == 0 &&
		    (as->paths[i] = gv_arena_copy(
			 &as->arena, spec.p, spec.len)) == NULL)
			r = GV_ENOMEM;
	}
	gv_buf_release(&spec);
	*paths = as->paths;
	return r;
}

int
gv_restore_as_moved(struct gv_restore_as *as, char *const **paths)
{
	const size_t n = strlen(LITERAL);
	struct gv_buf spec = GV_BUF_INIT;
	char *const *from = *paths;
	size_t i;
	int r = 0;

	if (as->move == NULL)
		return 0;
	if ((as->moved = make_list(as, from)) == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && from[i]; i++) {
		gv_buf_reset(&spec);
		gv_buf_addstr(&spec, LITERAL);
		r = gv_sister_path(
		    &spec, as->move, from[i] + n, strlen(from[i] + n));
		if (r == 0 &&
		    (as->moved[i] = gv_arena_copy(
			 &as->arena, spec.p, spec.len)) == NULL)
			r = GV_ENOMEM;
	}
	gv_buf_release(&spec);
	*paths = as->moved;
	return r;
}
