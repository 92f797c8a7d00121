#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "hook/hook.h"

/*
 * Hooks that were installed, and that git does not run: somebody has sent it
 * elsewhere since, or has put something else in their place. And what an
 * install left that was killed.
 */

static bool
is_installed(const struct gv_hook_step *step)
{
	return step->state == GV_HOOK_OURS || step->state == GV_HOOK_CHAINED;
}

static void
add_name(struct gv_buf *out, const struct gv_hook_step *step)
{
	gv_buf_addf(out, "%s%s", out->len ? ", " : "", step->hook->name);
}

/* What would have them run. */
static const char *
command_of(const struct gv_hook_report *report)
{
	return report->where ? "git config --show-origin core.hooksPath"
			     : "git vault hooks install";
}

static int
add_left(struct gv_doctor *d, const struct gv_hook_report *now,
    const struct gv_hook_report *left)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < left->n && i < now->n; i++)
		if (is_installed(&left->steps[i]) &&
		    !is_installed(&now->steps[i]))
			add_name(&names, &left->steps[i]);
	if ((r = gv_buf_check(&names)) == 0 && names.len)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "hooks_not_run",
		    command_of(now),
		    "these hooks of git vault do not run, since git takes "
		    "hooks from %s and not from %s: %s",
		    now->dir, left->dir, names.p);
	gv_buf_release(&names);
	return r;
}

/* Git says so at each of its commands, and goes on without them. */
static int
add_off(struct gv_doctor *d, const struct gv_hook_report *now)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < now->n; i++)
		if (is_installed(&now->steps[i]) && now->steps[i].why)
			add_name(&names, &now->steps[i]);
	if ((r = gv_buf_check(&names)) == 0 && names.len)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "hooks_not_run",
		    "git vault hooks install",
		    "these hooks of git vault do not run, since they are not "
		    "executable: %s",
		    names.p);
	gv_buf_release(&names);
	return r;
}

static int
add_moved(struct gv_doctor *d, const struct gv_hook_report *now)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	/* what pre-commit has moved it runs, and says nothing against */
	for (i = 0; i < now->n; i++)
		if (now->steps[i].state == GV_HOOK_MOVED && now->steps[i].why)
			add_name(&names, &now->steps[i]);
	if ((r = gv_buf_check(&names)) == 0 && names.len)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "hooks_replaced",
		    command_of(now),
		    "these hooks of git vault do not run, since another "
		    "program has replaced them: %s",
		    names.p);
	gv_buf_release(&names);
	return r;
}

/* In a folder of which every file is run such a one would be, too. */
static int
add_killed(struct gv_doctor *d, struct gv_hook_report *now)
{
	struct gv_buf paths = GV_BUF_INIT;
	const char *at;
	int r = gv_hook_left(&paths, now);

	for (at = paths.p; r == 0 && at < paths.p + paths.len;
	     at += strlen(at) + 1)
		r = gv_doctor_add_for(d, GV_DOCTOR_WARNING, "left_by_killed",
		    (struct gv_doctor_do){ "rm", at },
		    "%s was left by a git-vault that was killed while it wrote "
		    "a hook; the next install or uninstall of hooks removes it",
		    at);
	gv_buf_release(&paths);
	return r;
}

static int
add_without(struct gv_doctor *d, const struct gv_hook_report *now)
{
	struct gv_buf tops = GV_BUF_INIT, cmd = GV_BUF_INIT;
	const char *top;
	int r = gv_hook_without(&tops, now, d->repo);

	for (top = tops.p; r == 0 && top < tops.p + tops.len;
	     top += strlen(top) + 1) {
		gv_buf_reset(&cmd);
		gv_buf_addstr(&cmd, "git -C");
		gv_doctor_word(&cmd, "%s", top);
		gv_buf_addstr(&cmd, " vault hooks install");
		if ((r = gv_buf_check(&cmd)) == 0)
			r = gv_doctor_add(d, GV_DOCTOR_WARNING, "hooks_not_run",
			    cmd.p,
			    "no hook of git vault runs in the working tree %s: "
			    "core.hooksPath is %s, which is a folder of each "
			    "working tree, and in this one has none of them",
			    top,
			    gv_config_get(&d->repo->config, "core.hookspath"));
	}
	gv_buf_release(&tops);
	gv_buf_release(&cmd);
	return r;
}

static int
add_elsewhere(struct gv_doctor *d)
{
	const char *path = gv_config_get(&d->repo->config, "core.hookspath");

	if (path == NULL)
		return 0;
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "hooks_elsewhere",
	    "git config --show-origin core.hooksPath",
	    "git takes hooks from %s, so the hooks in the repository's own "
	    "folder do not run",
	    *path ? path : "nowhere");
}

static bool
is_server(const struct gv_hook_report *now)
{
	size_t i;

	for (i = 0; i < now->n; i++)
		if (is_installed(&now->steps[i]) &&
		    strcmp(now->steps[i].hook->name, "post-receive") == 0)
			return true;
	return false;
}

/* It was made for a first branch of another name than the one that came. */
static int
add_headless(struct gv_doctor *d, const struct gv_hook_report *now)
{
	const struct gv_repo *repo = d->repo;
	struct gv_refs refs = { 0 };
	struct gv_buf cmd = GV_BUF_INIT;
	int r = 0;

	if (repo->head_ref && gv_oid_is_zero(&repo->head) && is_server(now) &&
	    (r = gv_ref_list(&refs, repo, "refs/heads/")) < 0)
		goto out;
	if (refs.n) {
		gv_buf_addf(&cmd, "git symbolic-ref HEAD %s",
		    refs.n == 1 ? refs.refs[0].name : "refs/heads/BRANCH");
		if ((r = gv_buf_check(&cmd)) < 0)
			goto out;
	}
	if (refs.n)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "head_unborn", cmd.p,
		    "HEAD is %s, which is not there, and other branches are: "
		    "new branches and candidates go by no policy",
		    repo->head_ref);
out:
	gv_refs_release(&refs);
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_hooks(struct gv_doctor *d)
{
	struct gv_hook_report now = { 0 }, left = { 0 };
	int r = add_elsewhere(d);

	if (r == 0)
		r = gv_repo_find_hooks(d->repo);
	if (r == GV_EREFUSED)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "hooks_unknown",
		    "git config --show-origin core.hooksPath", "%s",
		    gv_err_message());
	if (r < 0 || (r = gv_hook_look(&now, d->repo)) < 0 ||
	    (r = gv_hook_look_left(&left, d->repo)) < 0 ||
	    (r = add_left(d, &now, &left)) < 0 || (r = add_off(d, &now)) < 0 ||
	    (r = add_moved(d, &now)) < 0 || (r = add_without(d, &now)) < 0)
		goto out;
	if ((r = add_killed(d, &now)) < 0)
		goto out;
	r = add_headless(d, &now);
out:
	gv_hook_release(&now);
	gv_hook_release(&left);
	return r;
}
