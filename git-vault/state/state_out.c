#include "git-vault/state/state_out.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "code/stack.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "repo/repo.h"
#include "state/track.h"
#include "statelock/statelock.h"
#include "sys/entry.h"
#include "sys/file.h"

static void
add(struct gv_json *j, const char *key, const char *text)
{
	gv_json_string(j, key, text && *text ? text : NULL);
}

void
gv_state_out_lock(struct gv_json *j, const struct gv_statelock *lock)
{
	const struct gv_statelock_record *rec = &lock->record;

	gv_json_string(j, "environment", lock->env);
	gv_json_string(j, "stack", lock->stack);
	add(j, "id", rec->id);
	add(j, "operation", rec->operation);
	add(j, "info", rec->info);
	add(j, "actor", rec->who);
	add(j, "version", rec->version);
	if (rec->has_time)
		gv_json_time(j, "time", rec->time);
	else
		gv_json_null(j, "time");
	add(j, "path", rec->path);
	add(j, "damage", lock->damage);
}

/* Whether the directory of a stack is there, as its name says. */
static bool
find_dir(struct gv_buf *out, const struct gv_repo *repo, const char *stack)
{
	struct gv_buf full = GV_BUF_INIT;
	bool is;

	if (repo->worktree == NULL || !gv_stack_dir(out, stack))
		return false;
	if (out->len == 0)
		gv_buf_addstr(out, ".");
	gv_buf_addf(&full, "%s/%s", repo->worktree, out->p);
	is = gv_buf_check(out) == 0 && gv_buf_check(&full) == 0 &&
	    gv_file_is_dir(AT_FDCWD, full.p);
	gv_buf_release(&full);
	return is;
}

/* Whether terraform has been initialised there: what it keeps for that is
 * ignored, and comes back with no recovery. */
static bool
is_initialised(const struct gv_repo *repo, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/%s/.terraform", repo->worktree, dir);
	is = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

static void
add_terraform(struct gv_buf *out, const struct gv_buf *where, const char *verb)
{
	gv_buf_addstr(out, "terraform");
	if (where->len)
		gv_shell_word(out, where->p);
	gv_buf_addf(out, " %s", verb);
}

/* Where the code is, as seen from here: its tool reads paths from there, so
 * that of the state is absolute. */
void
gv_state_out_push(struct gv_ctx *ctx, const char *dir, const char *path)
{
	const struct gv_repo *repo = ctx->repo;
	struct gv_buf hint = GV_BUF_INIT, where = GV_BUF_INIT;
	char *real = gv_entry_real_path(path);

	if (dir && *repo->prefix)
		gv_buf_addf(&where, "-chdir=%s/%s", repo->worktree, dir);
	else if (dir)
		gv_buf_addf(&where, "-chdir=%s", dir);
	if (gv_buf_check(&where) == 0 && dir && !is_initialised(repo, dir)) {
		add_terraform(&hint, &where, "init");
		gv_buf_addstr(&hint, " && ");
	}
	add_terraform(&hint, &where, "state push");
	gv_shell_word(&hint, real ? real : path);
	gv_buf_addstr(&hint, " && rm");
	gv_shell_word(&hint, real ? real : path);
	if (gv_buf_check(&where) == 0 && gv_buf_check(&hint) == 0)
		gv_out_say(ctx->out, "hint: %s", hint.p);
	gv_buf_release(&hint);
	gv_buf_release(&where);
	free(real);
}

void
gv_state_out_pushable(
    struct gv_ctx *ctx, const char *path, const struct gv_track_version *v)
{
	struct gv_buf word = GV_BUF_INIT, dir = GV_BUF_INIT;
	const char *tool = v->tool ? v->tool : "";

	gv_shell_word(&word, path);
	if (gv_buf_check(&word) < 0)
		goto out;
	gv_out_say(ctx->out, "wrote the old state to%s (plaintext)", word.p);
	if (strcmp(tool, "terraform") == 0)
		gv_state_out_push(ctx,
		    find_dir(&dir, ctx->repo, v->stack) ? dir.p : NULL, path);
	else if (strcmp(tool, "pulumi") == 0)
		gv_out_say(ctx->out,
		    "hint: pulumi stack import --file%s && rm%s", word.p,
		    word.p);
out:
	gv_buf_release(&word);
	gv_buf_release(&dir);
}
