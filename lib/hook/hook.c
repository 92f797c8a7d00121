#include "hook/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "hook/hook_internal.h"
#include "policy/consent.h"
#include "remote/address.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/hook_script.h"

#define WRITES "post-receive" /* receipts, which nobody else is to push */
#define PUSHES "pre-push"     /* by what the remote is known to have */

const struct gv_hook gv_hook_all[] = {
	{ .name = "pre-commit", .side = GV_HOOK_CLIENT },
	{ .name = "pre-push", .side = GV_HOOK_CLIENT, .reads = true },
	{ .name = "post-merge", .side = GV_HOOK_CLIENT },
	{ .name = "post-checkout", .side = GV_HOOK_CLIENT },
	{ .name = "post-rewrite", .side = GV_HOOK_CLIENT, .reads = true },
	{ .name = "post-commit", .side = GV_HOOK_CLIENT, .is_optional = true },
	{ .name = "pre-receive", .side = GV_HOOK_SERVER, .reads = true },
	{ .name = "update", .side = GV_HOOK_SERVER, .is_optional = true },
	{ .name = "post-receive", .side = GV_HOOK_SERVER, .reads = true },
	{ .name = NULL },
};

/* Where other managers of hooks put one that they find: pre-commit, which runs
 * it, and lefthook, which does not. */
static const struct elsewhere {
	const char *behind, *why;
} elsewhere[] = {
	{ ".legacy", NULL },
	{ ".old",
	    "another hook manager renamed it and does not run it; to put it "
	    "back: git vault hooks install" },
	{ NULL, NULL },
};

/* Words that stand in the hooks of others. */
static const struct manager {
	const char *word, *name;
} managers[] = {
	{ "git lfs", "git-lfs" },
	{ "lefthook", "lefthook" },
	{ "husky", "husky" },
	{ "pre-commit.com", "pre-commit" },
	{ "pre_commit", "pre-commit" },
	{ "overcommit", "overcommit" },
	{ NULL, NULL },
};

const struct gv_hook *
gv_hook_find(const char *name)
{
	const struct gv_hook *h;

	for (h = gv_hook_all; h->name; h++)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

/* --- one of them --- */

const char *
gv_hook_manager_of(int dir, const char *name)
{
	struct gv_buf text = GV_BUF_INIT;
	const struct manager *m = managers;

	if (gv_file_read(&text, dir, name, GV_HOOK_MAX) == 0)
		while (m->name && strstr(text.p, m->word) == NULL)
			m++;
	else
		m = &managers[sizeof(managers) / sizeof(*managers) - 1];
	gv_buf_release(&text);
	return m->name;
}

/* Ours, under the name that somebody has given it. */
static void
look_elsewhere(
    struct gv_hook_report *report, int dir, struct gv_hook_step *step)
{
	const struct elsewhere *e;

	for (e = elsewhere; e->behind; e++) {
		const char *name = gv_hook_name(report, step->hook, e->behind);

		if (!gv_hook_is_ours(dir, name))
			continue;
		step->state = GV_HOOK_MOVED;
		step->why = e->why;
	}
}

int
gv_hook_look_at(
    struct gv_hook_report *report, int dir, const struct gv_hook *hook)
{
	const char *name = gv_hook_name(report, hook, "");
	const char *kept = gv_hook_name(report, hook, GV_HOOK_KEPT);
	struct gv_hook_step *step;
	struct stat st;
	int r = GV_GROW(report->steps, report->n, report->cap);

	if (r < 0)
		return r;
	step = &report->steps[report->n++];
	*step = (struct gv_hook_step){ .hook = hook };
	if (dir >= 0 && report->own)
		return gv_hook_husky_look(report, dir, step);
	if (dir < 0 || gv_entry_stat(dir, name, &st) < 0)
		return 0;
	if (gv_hook_is_ours(dir, name)) {
		step->state = GV_HOOK_OURS;
		if ((st.st_mode & 0111) == 0)
			step->why = "it is not executable, so it does not run";
		if (gv_entry_stat(dir, kept, &st) == 0) {
			step->state = GV_HOOK_CHAINED;
			step->manager = gv_hook_manager_of(dir, kept);
		}
		return 0;
	}
	step->state = GV_HOOK_FOREIGN;
	step->manager = gv_hook_manager_of(dir, name);
	if ((report->where || report->is_tracked) &&
	    gv_hook_has_line(dir, hook))
		step->why = "a line of it runs the one of git vault";
	look_elsewhere(report, dir, step);
	return 0;
}

/* --- all of them --- */

static bool
is_chosen(const struct gv_hook *hook, const struct gv_hook_choice *choice)
{
	size_t i;

	if (choice->n_only == 0)
		return hook->side & choice->side;
	for (i = 0; i < choice->n_only; i++)
		if (strcmp(choice->only[i], hook->name) == 0)
			return true;
	return false;
}

static int
check_choice(const struct gv_hook_choice *choice)
{
	size_t i;

	for (i = 0; i < choice->n_only; i++)
		if (gv_hook_find(choice->only[i]) == NULL)
			return gv_err(GV_EUSAGE,
			    "git vault has no hook '%s'; to list its hooks: "
			    "git vault hooks status",
			    choice->only[i]);
	return 0;
}

/* What is no folder, such as /dev/null, or nobody can look into, has no hooks
 * that could run. Of the other side only ours count. */
static int
look(struct gv_hook_report *report, enum gv_hook_side side)
{
	int dir = gv_dir_open_root(report->dir), r = 0;
	const struct gv_hook_step *last;
	const struct gv_hook *h;

	for (h = gv_hook_all; r == 0 && h->name; h++) {
		r = gv_hook_look_at(report, dir, h);
		last = &report->steps[report->n - 1];
		if (r == 0 && h->side != side &&
		    (last->state == GV_HOOK_ABSENT ||
			last->state == GV_HOOK_FOREIGN))
			report->n--;
	}
	gv_file_close(dir);
	return r;
}

enum gv_hook_side
gv_hook_side_of(const struct gv_repo *repo)
{
	/* not where somebody stands inside .git, nor in a working tree that a
	 * bare repository has */
	return repo->worktree == NULL &&
		gv_config_bool(&repo->config, "core.bare", false)
	    ? GV_HOOK_SERVER
	    : GV_HOOK_CLIENT;
}

int
gv_hook_look(struct gv_hook_report *out, struct gv_repo *repo)
{
	int r;

	*out = (struct gv_hook_report){ .arena = GV_ARENA_INIT };
	r = gv_hook_place(out, repo, GV_HOOK_BY_ITSELF);
	return r < 0 ? r : look(out, gv_hook_side_of(repo));
}

int
gv_hook_look_left(struct gv_hook_report *out, struct gv_repo *repo)
{
	struct gv_buf dir = GV_BUF_INIT;

	int r = gv_repo_find_hooks(repo);

	*out = (struct gv_hook_report){ .arena = GV_ARENA_INIT };
	if (r < 0)
		return r;
	gv_buf_addf(&dir, "%s/hooks", repo->common_dir);
	out->dir = gv_buf_take(&dir);
	if (out->dir == NULL)
		return GV_ENOMEM;
	return strcmp(out->dir, repo->hooks_dir) == 0
	    ? 0
	    : look(out, gv_hook_side_of(repo));
}

/* *dir is -1 where there is none and it is not to be made. */
static int
open_to_write(int *dir, const struct gv_hook_report *report, bool makes)
{
	int r = 0;

	*dir = -1;
	if (report->where)
		return gv_err(GV_EREFUSED, "%s", report->where);
	if (makes)
		r = gv_file_mkdirs(AT_FDCWD, report->dir, 0777);
	if (r == 0)
		*dir = gv_dir_open_root(report->dir);
	return r < 0 || *dir >= 0 || (!makes && errno == ENOENT)
	    ? r
	    : gv_err_sys("cannot look into %s", report->dir);
}

/* A repository whose hooks cannot be written is left as it is. */
static bool
has_hook(const struct gv_hook_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (report->steps[i].action != GV_HOOK_REFUSED)
			return true;
	return false;
}

int
gv_hook_install(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice)
{
	unsigned mask = gv_repo_share(repo);
	const struct gv_hook *h;
	int dir = -1, r;

	*out = (struct gv_hook_report){ .arena = GV_ARENA_INIT };
	r = check_choice(choice);
	/* what would run from then on, and no chain could tell of it; to take
	 * one out that is in the way of pushes is another matter */
	if (r == 0 && (r = gv_repo_check_writable(repo)) == 0 &&
	    (r = gv_hook_place(out, repo, choice->layout)) == 0 &&
	    (r = open_to_write(&dir, out, true)) == 0)
		r = gv_hook_sweep(out);
	for (h = gv_hook_all; r == 0 && h->name; h++) {
		if (!is_chosen(h, choice) ||
		    (h->is_optional && choice->n_only == 0))
			continue;
		if ((r = gv_hook_look_at(out, dir, h)) == 0 &&
		    (r = gv_hook_spare(out, dir, repo)) == 0)
			r = gv_hook_put(out, dir, choice);
		r = r < 0 ? r : 0;
		if (r == 0 && strcmp(h->name, WRITES) == 0)
			r = gv_hook_hide_receipts(repo, true);
		if (r == 0 && strcmp(h->name, PUSHES) == 0)
			r = gv_address_save_all(repo);
	}
	/* a policy that comes later loosens nothing for them by itself */
	if (r == 0 && has_hook(out))
		r = gv_consent_settle(repo);
	gv_file_close(dir);
	gv_repo_unshare(mask);
	return r;
}

int
gv_hook_uninstall(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice)
{
	const struct gv_hook *h;
	int dir = -1, r;

	*out = (struct gv_hook_report){ .arena = GV_ARENA_INIT };
	if ((r = check_choice(choice)) == 0 &&
	    (r = gv_hook_place(out, repo, choice->layout)) == 0 &&
	    (r = open_to_write(&dir, out, false)) == 0)
		r = gv_hook_sweep(out);
	for (h = gv_hook_all; r == 0 && dir >= 0 && h->name; h++) {
		if (!is_chosen(h, choice))
			continue;
		if ((r = gv_hook_look_at(out, dir, h)) == 0 &&
		    (r = gv_hook_drop(out, dir)) == 0 &&
		    strcmp(h->name, WRITES) == 0)
			r = gv_hook_hide_receipts(repo, false);
	}
	gv_file_close(dir);
	return r;
}

void
gv_hook_release(struct gv_hook_report *report)
{
	if (report == NULL)
		return;
	free(report->dir);
	free(report->where);
	free(report->own);
	free(report->steps);
	gv_arena_release(&report->arena);
	*report = (struct gv_hook_report){ .arena = GV_ARENA_INIT };
}
