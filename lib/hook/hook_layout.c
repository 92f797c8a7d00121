#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/err.h"
#include "hook/hook_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/proc.h"

const char *const gv_hook_layouts[] = { "auto", "plain", "gitea", "gitlab",
	NULL };

#define OURS   ".d/vault" /* in a folder of which every file is run */
#define CUSTOM "custom_hooks"
#define HIDDEN "receive.hideRefs"
#define MARK   "vault.hidesReceipts"

/* ---- where a hook of a server stands ---- */

static bool
is_dir_below(const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool yes;

	gv_buf_addf(&path, "%s/%s", dir, name);
	yes = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return yes;
}

/* Gitea makes its folders for every repository, GitLab's is made by hand. */
static enum gv_hook_layout
look_like(const struct gv_repo *repo)
{
	if (is_dir_below(repo->hooks_dir, "pre-receive.d"))
		return GV_HOOK_GITEA;
	if (repo->worktree == NULL && is_dir_below(repo->common_dir, CUSTOM))
		return GV_HOOK_GITLAB;
	return GV_HOOK_PLAIN;
}

int
gv_hook_lay_out(struct gv_hook_report *report, struct gv_repo *repo,
    enum gv_hook_layout layout)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r = gv_repo_find_hooks(repo);

	if (r < 0)
		return r;
	report->layout = layout == GV_HOOK_BY_ITSELF ? look_like(repo) : layout;
	if (report->layout == GV_HOOK_GITLAB)
		gv_buf_addf(&dir, "%s/" CUSTOM, repo->common_dir);
	else
		gv_buf_addstr(&dir, repo->hooks_dir);
	report->dir = gv_buf_take(&dir);
	return report->dir ? 0 : GV_ENOMEM;
}

bool
gv_hook_is_apart(
    const struct gv_hook_report *report, const struct gv_hook *hook)
{
	return hook->side == GV_HOOK_SERVER && report->layout != GV_HOOK_PLAIN;
}

const char *
gv_hook_name(struct gv_hook_report *report, const struct gv_hook *hook,
    const char *behind)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *name = NULL;

	gv_buf_addf(&text, "%s%s%s", hook->name,
	    gv_hook_is_apart(report, hook) ? OURS : "", behind);
	if (gv_buf_check(&text) == 0)
		name = gv_arena_copy(&report->arena, text.p, text.len);
	gv_buf_release(&text);
	return name ? name : "";
}

/* The folder of one hook: "pre-receive.d". */
static char *
folder_of(const struct gv_hook *hook)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "%s.d", hook->name);
	return gv_buf_take(&text);
}

int
gv_hook_make_folder(
    const struct gv_hook_report *report, int dir, const struct gv_hook *hook)
{
	char *name;
	int r;

	if (!gv_hook_is_apart(report, hook))
		return 0;
	name = folder_of(hook);
	r = name ? gv_file_mkdirs(dir, name, 0777) : GV_ENOMEM;
	free(name);
	return r;
}

void
gv_hook_drop_folder(
    const struct gv_hook_report *report, int dir, const struct gv_hook *hook)
{
	char *name = gv_hook_is_apart(report, hook) ? folder_of(hook) : NULL;

	if (name)
		(void)gv_entry_rmdir(dir, name); /* if it is empty */
	free(name);
}

/* ---- what is the server's own ---- */

static int
run_config(const char *const *argv, int also)
{
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && git.status != 0 && git.status != also)
		r = gv_err(GV_ERROR,
		    "cannot set " HIDDEN " in git's configuration: %s",
		    gv_proc_why(&git));
	gv_proc_release(&git);
	return r;
}

static bool
is_hidden(const struct gv_repo *repo)
{
	size_t i;

	for (i = 0; i < repo->config.n; i++) {
		const struct gv_config_entry *e = &repo->config.entries[i];

		if (e->scope == GV_CONFIG_LOCAL && e->value &&
		    strcmp(e->key, "receive.hiderefs") == 0 &&
		    strcmp(e->value, GV_REF_SERVERS) == 0)
			return true;
	}
	return false;
}

/* Marked before, so that what was added is known for ours in any case. */
static int
hide(void)
{
	static const char *const mark[] = { "git", "config", "--local", MARK,
		"true", NULL };
	static const char *const add[] = { "git", "config", "--local", "--add",
		HIDDEN, GV_REF_SERVERS, NULL };
	int r = run_config(mark, 0);

	return r < 0 ? r : run_config(add, 0);
}

/* 5: there is none to be taken away any more. */
static int
show(void)
{
	static const char *const take[] = { "git", "config", "--local",
		"--fixed-value", "--unset-all", HIDDEN, GV_REF_SERVERS, NULL };
	static const char *const unmark[] = { "git", "config", "--local",
		"--unset-all", MARK, NULL };
	int r = run_config(take, 5);

	return r < 0 ? r : run_config(unmark, 5);
}

int
gv_hook_hide_receipts(const struct gv_repo *repo, bool hides)
{
	if (hides)
		return is_hidden(repo) ? 0 : hide();
	/* what the user has set there is the user's */
	return gv_config_bool(&repo->config, "vault.hidesreceipts", false)
	    ? show()
	    : 0;
}
