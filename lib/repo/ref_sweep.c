#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/* git holds the lock of a ref for milliseconds. */
#define STALE 60

/* Our names have at most this many parts behind refs/vault, and behind
 * refs/vault-remote a remote's name more, of few parts. */
#define MAX_DEPTH 8

static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    strcmp(name->name + name->len - 5, ".lock") == 0;
}

static int
sweep_dir(int fd, const char *path, int depth)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	int r = 0, sub;
	size_t i;

	/* git takes empty directories away while it packs refs */
	if (gv_dir_list(&names, fd) < 0 && errno != ENOENT)
		r = gv_err_sys("cannot list %s", path);
	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *n = &names.names[i];

		if (n->type == DT_DIR && depth < MAX_DEPTH) {
			sub = gv_dir_open(fd, n->name, n->len);
			if (sub >= 0)
				r = sweep_dir(sub, path, depth + 1);
			gv_file_close(sub);
		} else if (is_lock(n) &&
		    !gv_ref_file_unlock_dead(fd, n->name) &&
		    gv_file_is_stale(fd, n->name, STALE) &&
		    unlinkat(fd, n->name, 0) < 0 && errno != ENOENT) {
			r = gv_err_sys(
			    "cannot remove %s below %s, left by a killed git",
			    n->name, path);
		}
	}
	gv_dir_names_release(&names);
	return r;
}

/* Of notes only one is ours. */
static int
sweep_notes(const struct gv_repo *repo)
{
	static const char lock[] = "refs/notes/vault.lock";
	int fd = gv_dir_open_root(repo->common_dir), r = 0;

	if (fd >= 0 && gv_file_is_stale(fd, lock, STALE) &&
	    unlinkat(fd, lock, 0) < 0 && errno != ENOENT)
		r = gv_err_sys("cannot remove %s, left by a killed git", lock);
	gv_file_close(fd);
	return r;
}

/* None yet, or not to be read: then git says so when it matters. */
static int
sweep_below(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/refs/%s", repo->common_dir, name);
	if ((r = gv_buf_check(&path)) == 0)
		fd = gv_dir_open_root(path.p);
	if (fd >= 0)
		r = sweep_dir(fd, path.p, 0);
	gv_file_close(fd);
	gv_buf_release(&path);
	return r;
}

int
gv_ref_sweep(const struct gv_repo *repo)
{
	int r = sweep_below(repo, "vault");

	if (r == 0 && (r = sweep_below(repo, "vault-remote")) == 0)
		r = sweep_below(repo, "vault-trash");
	return r < 0 ? r : sweep_notes(repo);
}
