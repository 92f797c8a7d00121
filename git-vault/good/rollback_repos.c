#include "git-vault/good/rollback.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "snapshot/nested.h"

/*
 * Repositories inside belong to git, and a rollback leaves them as they are.
 * One that is at another commit than the snapshot has it at did not go back.
 */

/* Whether a change is of one, with the commit it is to be at for its reason. */
static bool
is_repo(const struct gv_rollback_run *w, const struct gv_restore_change *c)
{
	if (c->reason == NULL)
		return false;
	if (c->action == GV_RESTORE_STAYS || c->action == GV_RESTORE_EMPTY)
		return w->classes & GV_ROLLBACK_CODE;
	/* of a commit that has it elsewhere */
	return c->is_dir &&
	    (c->action == GV_RESTORE_CREATE || c->action == GV_RESTORE_CHANGE);
}

/* Whether a change of the plan is such a one; *now is where it stands, "" where
 * there is none. */
static bool
is_elsewhere(char now[GV_OID_HEX + 1], const struct gv_rollback_run *w,
    const struct gv_restore_change *c)
{
	struct gv_oid commit;

	now[0] = '\0';
	if (!is_repo(w, c))
		return false;
	if (gv_nested_head(&commit, w->ctx->repo, c->path))
		gv_oid_format(now, &commit);
	return strcmp(now, c->reason) != 0;
}

/* Give each to `say`, with its path as people read it: how many there are. */
static size_t
each(const struct gv_rollback_run *w,
    void (*say)(struct gv_out *out, const char *path, const char *now,
	const char *commit))
{
	struct gv_buf path = GV_BUF_INIT;
	char now[GV_OID_HEX + 1];
	size_t i, n = 0;

	for (i = 0; i < w->n_changes; i++) {
		const struct gv_restore_change *c = &w->changes[i];

		if (!is_elsewhere(now, w, c))
			continue;
		n++;
		gv_buf_reset(&path);
		gv_path_quote(&path, c->path, c->len);
		say(w->ctx->out, path.p, now, c->reason);
	}
	gv_buf_release(&path);
	return n;
}

static void
say_of_files(
    struct gv_out *out, const char *path, const char *now, const char *commit)
{
	if (*now)
		gv_out_warn(out,
		    "%s is a repository of its own and stays at commit %.12s; "
		    "to move it to %.12s, run 'git checkout' in it",
		    path, now, commit);
	else
		gv_out_warn(out,
		    "%s should be a repository of its own at commit %.12s; to "
		    "get it, run 'git submodule update --init' or 'git clone'",
		    path, commit);
}

void
gv_rollback_repos_look(struct gv_rollback_run *w)
{
	w->n_elsewhere += each(w, say_of_files);
}

static void
say_of_commit(
    struct gv_out *out, const char *path, const char *now, const char *commit)
{
	gv_out_warn(out,
	    "%s is a repository of its own and %s%.12s; the commit has it at "
	    "%.12s; to move it there: git submodule update --init",
	    path, *now ? "stays at commit " : "is not here", now, commit);
}

void
gv_rollback_repos_look_commit(const struct gv_rollback_run *w)
{
	(void)each(w, say_of_commit);
}

void
gv_rollback_repos_json(const struct gv_rollback_run *w)
{
	struct gv_json *j = w->ctx->json;
	char now[GV_OID_HEX + 1];
	size_t i;

	gv_json_array(j, "repositories");
	for (i = 0; i < w->n_changes; i++) {
		const struct gv_restore_change *c = &w->changes[i];

		if (!is_elsewhere(now, w, c))
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", c->path, c->len);
		gv_json_string(j, "commit", c->reason);
		gv_json_string(j, "now", now[0] ? now : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
}
