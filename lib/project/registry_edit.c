#include "project/registry_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "project/project.h"
#include "project/project_id.h"
#include "repo/foreign.h"
#include "sys/clock.h"
#include "sys/entry.h"
#include "sys/proc.h"

#define LISTED   "vault.project"
#define TRIES    20
#define PAUSE_MS 50

/* ---- git config ---------------------------------------------------------- */

/* Another git that writes the file has it locked for an instant, which is
 * waited for. `none` is git's status where there was nothing to change. */
static int
change(const char *const *argv, int none)
{
	static const char *const env[] = { "LC_ALL=C", "GIT_DIR",
		"GIT_WORK_TREE", "GIT_COMMON_DIR", NULL };
	int r, i;

	for (i = 0;; i++) {
		struct gv_proc p = GV_PROC_INIT;
		bool locked;

		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){
			.argv = argv, .cwd = "/", .env = env });
		locked = r == 0 && p.status && strstr(p.err.p, "File exists");
		if (r == 0 && p.status && p.status != none)
			r = gv_err(locked ? GV_ELOCKED : GV_ERROR,
			    "cannot change your git configuration: %s",
			    gv_proc_why(&p));
		gv_proc_release(&p);
		if (!locked || i == TRIES)
			return r;
		gv_clock_sleep(PAUSE_MS);
	}
}

static int
set(const char *path, const char *key, const char *value)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_addf(&name, "vault.%s.%s", path, key);
	if ((r = gv_buf_check(&name)) == 0) {
		const char *argv[] = { "git", "config", "--global",
			"--replace-all", name.p, value, NULL };
		const char *unset[] = { "git", "config", "--global",
			"--unset-all", name.p, NULL };

		r = change(value ? argv : unset, value ? 0 : 5);
	}
	gv_buf_release(&name);
	return r;
}

static int
list(const char *path)
{
	const char *argv[] = { "git", "config", "--global", "--fixed-value",
		"--replace-all", LISTED, path, path, NULL };

	return change(argv, 0);
}

static int
unlist(const char *path)
{
	const char *argv[] = { "git", "config", "--global", "--fixed-value",
		"--unset-all", LISTED, path, NULL };

	return change(argv, 5);
}

int
gv_registry_link(const char *path, const char *value, bool is_there)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_addf(&name, "vault.%s.from", path);
	if ((r = gv_buf_check(&name)) == 0) {
		const char *add[] = { "git", "config", "--global",
			"--fixed-value", "--replace-all", name.p, value, value,
			NULL };
		const char *remove[] = { "git", "config", "--global",
			"--fixed-value", "--unset-all", name.p, value, NULL };

		r = change(is_there ? add : remove, is_there ? 0 : 5);
	}
	gv_buf_release(&name);
	return r;
}

/* Settings go with a project that was moved; without any, git says so. */
static int
rename_settings(const char *from, const char *to)
{
	struct gv_buf old = GV_BUF_INIT, new = GV_BUF_INIT;
	int r;

	gv_buf_addf(&old, "vault.%s", from);
	if (to)
		gv_buf_addf(&new, "vault.%s", to);
	if ((r = gv_buf_check(&old)) == 0 && (r = gv_buf_check(&new)) == 0) {
		const char *move[] = { "git", "config", "--global",
			"--rename-section", old.p, new.p, NULL };
		const char *remove[] = { "git", "config", "--global",
			"--remove-section", old.p, NULL };

		r = change(to ? move : remove, 128);
	}
	gv_buf_release(&old);
	gv_buf_release(&new);
	return r;
}

/* ---- where it is --------------------------------------------------------- */

static int
ask(char **out, const char *dir, const char *what)
{
	static const char *const env[] = { "LC_ALL=C", "GIT_DIR",
		"GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", NULL };
	const char *argv[] = { "git", "rev-parse", what, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = NULL;
	r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .cwd = dir, .env = env });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_EREFUSED, "cannot add %s: %s", dir, gv_proc_why(&p));
	if (r < 0)
		goto out;
	if (p.out.len && p.out.p[p.out.len - 1] == '\n')
		gv_buf_truncate(&p.out, p.out.len - 1);
	*out = gv_buf_take(&p.out);
	r = *out ? 0 : GV_ENOMEM;
out:
	gv_proc_release(&p);
	return r;
}

/* A working copy of another tool that has a vault; else *top stays NULL. */
static int
find_foreign(char **top, char **git_dir, const char *dir)
{
	struct gv_foreign of = { .kind = GV_FOREIGN_NONE };
	char *real = gv_entry_real_path(dir);
	int r = real ? gv_foreign_find(&of, real) : 0;

	if (r == 0 && of.has_vault) {
		*top = of.top;
		*git_dir = of.git_dir;
		of.top = of.git_dir = NULL;
	}
	gv_foreign_release(&of);
	free(real);
	return r;
}

/* Its top and git directory; a bare one is its own top. */
static int
find_place(char **top, char **git_dir, const char *dir)
{
	char *bare = NULL;
	int r = find_foreign(top, git_dir, dir);

	if (r < 0 || *top)
		return r;
	if ((r = ask(git_dir, dir, "--absolute-git-dir")) < 0 ||
	    (r = ask(&bare, dir, "--is-bare-repository")) < 0)
		goto out;
	if (strcmp(bare, "true") != 0) {
		r = ask(top, dir, "--show-toplevel");
	} else {
		*top = strdup(*git_dir);
		r = *top ? 0 : gv_err_nomem();
	}
out:
	free(bare);
	return r;
}

int
gv_registry_lacks(
    char **top, const struct gv_registry *registry, const char *dir)
{
	char *git_dir = NULL, *before = gv_err_save();
	size_t i;
	int r;

	*top = NULL;
	if ((r = find_place(top, &git_dir, dir)) < 0) {
		free(*top);
		*top = NULL;
	}
	for (i = 0; *top && i < registry->n; i++)
		if (strcmp(registry->items[i].path, *top) == 0) {
			free(*top);
			*top = NULL;
		}
	free(git_dir);
	return gv_err_settle(r == GV_ENOMEM ? r : 0, before);
}

/* ---- changes ------------------------------------------------------------- */

/* The one that had this id before, and is not there any more. */
static const struct gv_registered *
find_former(
    const struct gv_registry *reg, const char *id, const char *path, bool *twin)
{
	const struct gv_registered *former = NULL;
	size_t i;

	*twin = false;
	for (i = 0; i < reg->n; i++) {
		const struct gv_registered *one = &reg->items[i];
		const char *of =
		    gv_project_setting(&reg->config, one->key, "id");

		if (of == NULL || strcmp(of, id) != 0)
			continue;
		if (one->is_gone || (one->was && strcmp(one->path, path) == 0))
			former = one;
		else if (strcmp(one->path, path) != 0)
			*twin = true;
	}
	return former;
}

static int
move(char **was, const struct gv_registered *former, const char *path)
{
	int r;

	if ((*was = strdup(former->key)) == NULL)
		return gv_err_nomem();
	if ((r = list(path)) < 0 || (r = unlist(former->key)) < 0)
		return r;
	return rename_settings(former->key, path);
}

static bool
is_listed(const struct gv_registry *reg, const char *path)
{
	size_t i;

	for (i = 0; i < reg->n; i++)
		if (reg->items[i].is_listed && reg->items[i].was == NULL &&
		    strcmp(reg->items[i].path, path) == 0)
			return true;
	return false;
}

int
gv_registry_add(char **path, char **was, enum gv_registry_fate *fate,
    const struct gv_registry *registry, const char *dir)
{
	const struct gv_registered *former = NULL;
	char id[GV_PROJECT_ID_MAX], *git_dir = NULL;
	bool has_id, has_twin = false;
	int r;

	*path = *was = NULL;
	*fate = GV_REGISTRY_ADDED;
	if ((r = find_place(path, &git_dir, dir)) < 0)
		goto out;
	has_id = gv_project_id_of(id, git_dir);
	if (has_id)
		former = find_former(registry, id, *path, &has_twin);
	/* a copy has the id of what it was copied from */
	if ((!has_id || (has_twin && former == NULL)) &&
	    (r = gv_project_id_make(id, git_dir)) < 0)
		goto out;
	if (former) {
		*fate = GV_REGISTRY_MOVED;
		r = move(was, former, *path);
		goto out;
	}
	if (is_listed(registry, *path))
		*fate = GV_REGISTRY_KNOWN;
	if ((r = list(*path)) == 0)
		r = set(*path, "id", id);
out:
	free(git_dir);
	if (r < 0) {
		free(*path);
		free(*was);
		*path = *was = NULL;
	}
	return r;
}

int
gv_registry_remove(
    const struct gv_registry *registry, const struct gv_registered *one)
{
	int r;

	if (!one->is_listed && one->is_gone) {
		gv_registry_forget(registry, one->path);
		return rename_settings(one->key, NULL);
	}
	if (!one->is_listed)
		return gv_err(GV_EREFUSED,
		    "%s is not listed: it was found below a folder of "
		    "vault.projectRoot",
		    one->path);
	if ((r = unlist(one->key)) < 0)
		return r;
	return rename_settings(one->key, NULL);
}

static bool
is_key(const char *key)
{
	size_t i;

	for (i = 0; gv_project_keys[i]; i++)
		if (strcmp(gv_project_keys[i], key) == 0)
			return true;
	return false;
}

int
gv_registry_set(
    const struct gv_registered *one, const char *key, const char *value)
{
	char id[GV_PROJECT_ID_MAX];
	int r;

	if (!is_key(key))
		return gv_err(GV_EUSAGE,
		    "a project has no '%.64s'; it has client, name, parts, "
		    "phase, related, stack and tags",
		    key);
	if ((r = set(one->key, key, value)) < 0)
		return r;
	/* by which the settings are found after a move */
	return gv_project_id_read(id, one->path) ? set(one->key, "id", id) : 0;
}
