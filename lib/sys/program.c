#include "sys/program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "sys/env.h"
#include "sys/mounts.h"

/* ---- bind mounts ------------------------------------------------------- */

bool
gv_program_origin(struct gv_buf *out, const char *mountinfo, const char *path)
{
	struct gv_mount m = GV_MOUNT_INIT;
	const char *p = mountinfo;
	size_t before = out->len, longest = 0, len = strlen(path), skip;

	/* of two at one place the later one covers the earlier */
	while (*p) {
		p = gv_mounts_next(&m, p);
		skip = m.point.len == 1 ? 0 : m.point.len;
		if (m.point.len < longest || m.point.len == 0 ||
		    m.root.len == 0 ||
		    !gv_path_is_below(path, len, m.point.p, skip))
			continue;
		longest = m.point.len;
		gv_buf_truncate(out, before);
		gv_buf_addf(out, "%s %s%s", m.device.p,
		    m.root.len == 1 ? "" : m.root.p, path + skip);
	}
	gv_mounts_release(&m);
	return longest > 0;
}

/* Whether both lie in one file system, the first below the second, wherever
 * either is mounted. No where the system does not tell. */
static bool
is_bound_below(const char *path, const char *top)
{
	struct gv_buf mounts = GV_BUF_INIT, a = GV_BUF_INIT, b = GV_BUF_INIT;
	bool is = gv_mounts_read(&mounts) == 0 &&
	    gv_program_origin(&a, mounts.p, path) &&
	    gv_program_origin(&b, mounts.p, top) &&
	    gv_path_is_below(a.p, a.len, b.p, b.len);

	gv_buf_release(&mounts);
	gv_buf_release(&a);
	gv_buf_release(&b);
	return is;
}

/* ---- where a program lies ---------------------------------------------- */

/* Whether a folder that the path goes through is that one, by its number: what
 * it is called may differ by the case of its letters. */
static bool
goes_through(const char *real, const struct stat *top)
{
	char *path = strdup(real), *slash;
	struct stat st;
	bool is = false;

	while (path && !is && (slash = strrchr(path, '/')) != NULL) {
		slash[slash == path] = '\0';
		is = stat(path, &st) == 0 && st.st_dev == top->st_dev &&
		    st.st_ino == top->st_ino;
		if (slash == path)
			break;
	}
	/* without memory nothing is run */
	is |= path == NULL;
	free(path);
	return is;
}

/* The folder that a program lies in though it must not; NULL. */
static const char *
find_shut(const char *real, const char *const *shut, size_t n)
{
	char *top;
	struct stat st;
	size_t i;
	bool is;

	for (i = 0; i < n; i++) {
		top = realpath(shut[i], NULL);
		is = top && stat(top, &st) == 0 &&
		    (goes_through(real, &st) || is_bound_below(real, top));
		free(top);
		if (is)
			return shut[i];
	}
	return NULL;
}

/* Whether a file is there that can be run. */
static bool
can_run(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

/* Note the first that is skipped, and why. */
static void
note(struct gv_buf *skipped, const char *path, const char *shut)
{
	if (skipped->len)
		return;
	if (shut)
		gv_buf_addf(skipped,
		    "%s is not run because it lies in the working tree %s",
		    path, shut);
	else
		gv_buf_addf(skipped,
		    "%s is not run because its folder is relative in PATH",
		    path);
}

/* Whether the program of this path is taken. */
static bool
is_taken(struct gv_buf *skipped, const char *path, const char *const *shut,
    size_t n_shut)
{
	const char *in = NULL;
	char *real;

	if (!can_run(path))
		return false;
	if (*path != '/') {
		note(skipped, path, NULL);
		return false;
	}
	real = realpath(path, NULL);
	if (real == NULL || (in = find_shut(real, shut, n_shut)) != NULL) {
		note(skipped, path, in ? in : path);
		free(real);
		return false;
	}
	free(real);
	return true;
}

bool
gv_program_is_shut(const char *path, const char *const *shut, size_t n_shut)
{
	char *real = realpath(path, NULL);
	const bool is = real && find_shut(real, shut, n_shut) != NULL;

	free(real);
	return is;
}

int
gv_program_find(struct gv_buf *out, const char *name, const char *const *shut,
    size_t n_shut)
{
	struct gv_buf path = GV_BUF_INIT, skipped = GV_BUF_INIT;
	const char *p = gv_env_get("PATH");
	bool found = false;
	size_t n;
	int r = 0;

	while (p && !found && r == 0) {
		n = strcspn(p, ":");
		gv_buf_reset(&path);
		if (n)
			gv_buf_addf(&path, "%.*s/%s", (int)n, p, name);
		else
			gv_buf_addf(&path, "./%s", name);
		r = gv_buf_check(&path);
		found = r == 0 && is_taken(&skipped, path.p, shut, n_shut);
		p = p[n] ? p + n + 1 : NULL;
	}
	if (r < 0)
		goto out;
	if (!found) {
		r = gv_err(GV_ENOTFOUND,
		    "the program %s is not installed (PATH does not have "
		    "it)%s%s",
		    name, skipped.len ? ": " : "", skipped.p);
		goto out;
	}
	gv_buf_add(out, path.p, path.len);
	r = gv_buf_check(out);
out:
	gv_buf_release(&path);
	gv_buf_release(&skipped);
	return r;
}
