#include <dirent.h>
#include <string.h>

#include "base/err.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/* refs/vault/<kind>/<name…>, refs/vault-remote/<remote…>/<kind>/<name> */
#define MAX_DEPTH 4

#define USAGE 129 /* git's status for an option that it does not know */

/* A killed git may have left the lock of a ref, which no packing takes away. */
static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    memcmp(name->name + name->len - 5, ".lock", 5) == 0;
}

static size_t
count_loose(int fd, int depth)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	size_t n = 0, i;
	int sub;

	/* what cannot be read is git's to complain of */
	if (gv_dir_list(&names, fd) < 0)
		names.n = 0;
	for (i = 0; i < names.n; i++) {
		const struct gv_dir_name *name = &names.names[i];

		if (name->type != DT_DIR) {
			n += !is_lock(name);
		} else if (depth < MAX_DEPTH) {
			sub = gv_dir_open(fd, name->name, name->len);
			if (sub >= 0)
				n += count_loose(sub, depth + 1);
			gv_file_close(sub);
		}
	}
	gv_dir_names_release(&names);
	return n;
}

static bool
is_forbidden(const struct gv_repo *repo)
{
	const char *v = gv_config_get(&repo->config, "gc.packrefs");

	if (v && strcmp(v, "notbare") == 0)
		return gv_config_bool(&repo->config, "core.bare", false);
	return !gv_config_bool(&repo->config, "gc.packrefs", true);
}

/* Without the words about flushing, git would remove each ref's own file while
 * the new packed-refs is in memory only. */
static int
pack(const char *how, const char *and_how)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	const char *argv[] = { "git", "-c", "core.fsync=committed,reference",
		"pack-refs", "--prune", how, and_how, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r =
	    gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv, .env = env });

	if (r == 0 && p.status == USAGE)
		r = GV_ENOTFOUND;
	else if (r == 0 && p.status)
		r = gv_err(
		    strstr(p.err.p, "File exists") ? GV_ELOCKED : GV_ERROR,
		    "cannot pack refs: %.*s", (int)strcspn(p.err.p, "\n"),
		    p.err.p);
	gv_proc_release(&p);
	return r;
}

size_t
gv_ref_loose(const struct gv_repo *repo)
{
	static const char *const dirs[] = { "vault", "vault-remote" };
	struct gv_buf path = GV_BUF_INIT;
	size_t n = 0, i;
	int fd;

	for (i = 0; !is_forbidden(repo) && i < 2; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/refs/%s", repo->common_dir, dirs[i]);
		fd = gv_buf_check(&path) < 0 ? -1 : gv_dir_open_root(path.p);
		if (fd >= 0)
			n += count_loose(fd, 0);
		gv_file_close(fd);
	}
	gv_buf_release(&path);
	return n;
}

int
gv_ref_pack(size_t *n, const struct gv_repo *repo, size_t max)
{
	int r;

	*n = gv_ref_loose(repo);
	if (*n <= max) {
		*n = 0;
		return 0;
	}
	/* those of the trash are few */
	r = pack("--include=refs/vault/*", "--include=refs/vault-remote/*");
	return r == GV_ENOTFOUND ? pack("--all", NULL) : r;
}
