#include "project/glance_stamp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "project/registry.h"
#include "repo/config.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/self.h"

#define MOST 1000 /* folders */

/* A folder that was written to within that time of now may be written to again
 * with the same stamp. */
#define YOUNG ((int64_t)100 * 1000000)

struct stamping {
	uint64_t sum;
	int64_t newest; /* ns since 1970 */
	unsigned left;  /* folders that may still be looked at */
	struct gv_buf path;
};

static void
mix(struct stamping *s, uint64_t value)
{
	s->sum = (s->sum ^ value) * UINT64_C(0x100000001b3);
}

static void
add(struct stamping *s, const struct stat *st)
{
	const int64_t at =
	    (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;

	mix(s, (uint64_t)at);
	mix(s, (uint64_t)st->st_ino);
	mix(s, (uint64_t)st->st_size);
	if (at > s->newest)
		s->newest = at;
}

/* A file of the git directory; a missing one counts, too. False for a link,
 * since the file that it leads to may change elsewhere. */
static bool
add_entry(struct stamping *s, int git_dir, const char *name)
{
	struct stat st;

	if (gv_dir_stat(git_dir, name, strlen(name), &st) < 0) {
		mix(s, 1);
		return errno == ENOENT || errno == ENOTDIR;
	}
	add(s, &st);
	return !S_ISLNK(st.st_mode);
}

/* A file or folder of the user, wherever links lead: 0 or a negative value. */
static int
stat_path(struct stat *st, const char *path)
{
	int fd = gv_dir_open_root(path), r;

	if (fd >= 0)
		r = gv_dir_stat_fd(fd, st);
	else if ((r = gv_file_open(&fd, st, AT_FDCWD, path)) < 0)
		return r;
	gv_file_close(fd);
	return r;
}

/* `r`: whether it has a path. */
static void
add_file(struct stamping *s, struct gv_buf *path, int r)
{
	struct stat st;

	if (r == 0 && gv_buf_check(path) == 0 && stat_path(&st, path->p) == 0)
		add(s, &st);
	else
		mix(s, 1);
	gv_buf_reset(path);
}

/* Each file that a setting is in, also those that others include. They come one
 * after the other; a file that is named again changes nothing. */
static void
add_origins(struct stamping *s, const struct gv_config *config)
{
	static const char file[] = "file:";
	const char *last = "";
	size_t i;

	for (i = 0; i < config->n; i++) {
		const char *origin = config->entries[i].origin;

		if (origin == NULL || strcmp(origin, last) == 0 ||
		    strncmp(origin, file, sizeof(file) - 1) != 0)
			continue;
		last = origin;
		gv_buf_addstr(&s->path, origin + sizeof(file) - 1);
		add_file(s, &s->path, 0);
	}
}

uint64_t
gv_glance_stamp_user(const struct gv_config *config)
{
	const char *excludes = gv_config_get(config, "core.excludesfile");
	struct stamping s = { .sum = gv_registry_stamp(), .path = GV_BUF_INIT };
	char *before = gv_err_save();

	add_file(&s, &s.path, gv_self_path(&s.path));
	add_file(&s, &s.path,
	    excludes ? gv_env_expand(&s.path, excludes)
		     : gv_env_config_file(&s.path, "git/ignore"));
	add_file(&s, &s.path, gv_env_config_file(&s.path, "git/attributes"));
	add_file(&s, &s.path, gv_env_config_file(&s.path, "git-vault"));
	add_file(
	    &s, &s.path, gv_env_config_file(&s.path, "git-vault/identity"));
	add_origins(&s, config);
	gv_buf_release(&s.path);
	gv_err_restore(before);
	return s.sum;
}

/* What lies below the path. A ref that moves, as most of what a vault has, is a
 * file that is renamed into its folder. */
static bool
add_folders(struct stamping *s)
{
	const size_t len = s->path.len;
	const int fd = gv_dir_open_root(s->path.p);
	struct gv_dir_names names = { 0 };
	struct stat st;
	bool is_good = fd >= 0 && s->left-- > 0 &&
	    gv_dir_stat_fd(fd, &st) == 0 && gv_dir_list(&names, fd) == 0;
	size_t i;

	if (is_good)
		add(s, &st);
	for (i = 0; is_good && i < names.n; i++) {
		if (names.names[i].type == DT_REG)
			continue;
		gv_buf_addf(&s->path, "/%s", names.names[i].name);
		is_good = names.names[i].type == DT_DIR &&
		    gv_buf_check(&s->path) == 0 && add_folders(s);
		gv_buf_truncate(&s->path, len);
	}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return is_good;
}

static bool
add_below(struct stamping *s, const char *name)
{
	const size_t len = s->path.len;
	bool is_good;

	gv_buf_addstr(&s->path, name);
	is_good = gv_buf_check(&s->path) == 0 && add_folders(s);
	gv_buf_truncate(&s->path, len);
	return is_good;
}

uint64_t
gv_glance_stamp(const char *path, uint64_t user)
{
	static const char *const beside[] = { "info/exclude", "info/attributes",
		"reftable", NULL };
	const struct timespec now = gv_clock_coarse();
	struct stamping s = { .sum = user, .left = MOST, .path = GV_BUF_INIT };
	char *before = gv_err_save();
	struct stat st;
	size_t i;
	bool is_good;
	int git_dir;

	gv_buf_addf(&s.path, "%s/.git", path);
	is_good = gv_buf_check(&s.path) == 0;
	git_dir = is_good ? gv_dir_open_root(s.path.p) : -1;
	is_good = git_dir >= 0 && add_below(&s, "/refs") &&
	    (gv_dir_stat(git_dir, "vault", 5, &st) < 0 ||
		add_below(&s, "/vault"));
	for (i = 0; is_good && beside[i]; i++)
		is_good = add_entry(&s, git_dir, beside[i]);
	gv_file_close(git_dir);
	is_good = is_good &&
	    s.newest + YOUNG < (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	gv_buf_release(&s.path);
	gv_err_restore(before);
	return is_good && s.sum ? s.sum : 0;
}
